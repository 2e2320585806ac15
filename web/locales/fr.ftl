# Les mêmes clés que en.ftl, dans le même ordre.

language-name = Français

## Cadre
skip-to-content = Aller au contenu
nav-main = Principal
nav-home = Accueil
nav-studio = Studio
nav-go-live = Passer en direct
nav-on-air = En direct
nav-sign-in = Se connecter
nav-sign-out = Se déconnecter
nav-account = Compte
nav-your-page = Votre page
footer-software = Propulsé par Tributary, logiciel libre
footer-language = Langue

## Accueil
home-on-air = En direct
home-recent = Récentes
home-empty-title = Rien pour l’instant. Trois étapes jusqu’au premier direct :
home-empty-step-sign-in = Connectez-vous
home-empty-step-sign-in-text = Le nom est root ; son mot de passe s’est affiché au premier démarrage du serveur.
home-empty-step-create = Créez un direct
home-empty-step-create-text = Un titre suffit. Vous recevez une adresse de serveur et une clé.
home-empty-step-stream = Collez les deux dans OBS et démarrez le streaming
home-empty-step-stream-text = Une seconde plus tard, l’image est ici ; à l’arrêt, elle reste en vidéo.
home-no-videos = Pas encore de vidéo.

## Vignettes
on-air = En direct
interrupted = Interrompu
waiting = En attente
ended = Terminé
watching =
    { $count ->
        [one] { $count } spectateur
       *[other] { $count } spectateurs
    }
views =
    { $count ->
        [one] { $count } vue
       *[other] { $count } vues
    }
sensitive = Sensible
newer = Plus récentes
older = Plus anciennes
ago-now = à l’instant
ago-minutes =
    { $count ->
        [one] il y a une minute
       *[other] il y a { $count } minutes
    }
ago-hours =
    { $count ->
        [one] il y a une heure
       *[other] il y a { $count } heures
    }
ago-days =
    { $count ->
        [one] hier
       *[other] il y a { $count } jours
    }
ago-months =
    { $count ->
        [one] il y a un mois
       *[other] il y a { $count } mois
    }
ago-years =
    { $count ->
        [one] il y a un an
       *[other] il y a { $count } ans
    }

## Chaîne et compte
channel-videos = Vidéos
channel-empty = Pas encore de vidéo. Ce qui est publié ici y restera.
channel-by = par { $name }
feed-rss = RSS
feed-podcast = Podcast
account-channels = Chaînes

## Visionnage
watch-started = Commencé { $name }
watch-published = Publié { $name }
watch-privacy-unlisted = Non listée
watch-privacy-private = Privée
watch-privacy-internal = Interne
watch-privacy-password = Mot de passe
watch-no-script-live = Ce direct a besoin de JavaScript pour être lu ici. Tout lecteur HLS lit son adresse :
watch-no-script-file = Votre navigateur ne peut pas lire ce fichier. Téléchargez-le :
watch-share = Copier le lien
watch-shared = Copié
watch-category = Catégorie
watch-licence = Licence
watch-language = Langue
watch-more = De la même chaîne
watch-manage = Gérer ce direct
watch-last-replay = Voir la dernière rediffusion

## Lecteur
player-on-air = En direct
player-back-to-live = Revenir au direct
player-on-air-again = De nouveau en direct : regarder
player-replay = Le direct est terminé. Voici sa rediffusion.
player-behind = { $seconds } s de retard
player-behind-long = { $time } de retard
player-viewers-one = { $count } spectateur
player-viewers-other = { $count } spectateurs
player-unmute = Activer le son
player-speed = Vitesse
player-quality = Qualité
player-close = Fermer
player-try-again = Réessayer
player-waiting-title = En attente du direct
player-waiting-text = Il démarre tout seul. Vous pouvez laisser cette page ouverte.
player-interrupted-title = Le direct va revenir
player-interrupted-text = La connexion avec le studio est coupée. L’image reprend toute seule.
player-reconnecting-title = Connexion perdue
player-reconnecting-text = Nouvel essai en cours, tout seul.
player-offline-title = Vous êtes hors ligne
player-offline-text = L’image reprend dès que votre connexion revient.
player-ended-title = Ce direct est terminé
player-ended-text = La rediffusion se prépare.
player-gone-title = Ce direct est terminé
player-gone-text = Il n’y a pas de rediffusion.
player-unsupported-title = Ce navigateur ne peut pas lire ce flux
player-unsupported-text = Son image ou son audio a une forme que le navigateur ne connaît pas. Un autre y arrivera peut-être : Chrome, Edge, Firefox et Safari en connaissent chacun d’autres.
player-media-title = Le navigateur a cessé la lecture
player-media-text = Il n’a pas pu décoder ce qu’il a reçu. Réessayer suffit souvent ; sinon, rechargez la page.
player-stats = Statistiques
player-stats-picture = Image
player-stats-frames = Images perdues / montrées
player-stats-buffer = En mémoire
player-stats-latency = Retard (visé)
player-stats-speed = Vitesse
player-stats-bitrate = Débit
player-stats-network = Connexion
player-stats-received = Reçu
player-stats-part = Durée d’une part
player-stats-stalls = Blocages
player-stats-codec = Codecs
player-stats-engine = Moteur

## Connexion
login-title = Se connecter
login-name = Nom ou adresse e-mail
login-password = Mot de passe
login-submit = Se connecter
login-wrong = Le nom et le mot de passe ne vont pas ensemble. Vérifiez les deux ; les majuscules du mot de passe comptent.
login-blocked = Ce compte est bloqué. Adressez-vous aux responsables de ce site.
login-needed = Connectez-vous pour voir cette page.

## Studio
studio-title = Studio
studio-lives = Vos directs
studio-videos = Vos vidéos
studio-new-live = Nouveau direct
studio-manage = Gérer
studio-watch = Regarder
studio-edit = Modifier
studio-no-lives = Pas encore de direct
studio-no-lives-text = Un direct, c’est une adresse et une clé. Faites-le une fois ; un direct permanent garde les deux pour toujours.
studio-no-videos = Pas encore de vidéo. Ce que vous diffusez reste ici en rediffusion.
studio-permanent = Permanent
studio-once = Une fois

## Formulaire du direct
form-new-title = Nouveau direct
form-edit-title = Modifier le direct
form-about = À propos
form-name = Titre
form-name-hint = La première chose qu’on voit. Modifiable à tout moment.
form-description = Description
form-channel = Chaîne
form-category = Catégorie
form-licence = Licence
form-language = Langue
form-none = Non précisé
form-privacy = Qui peut regarder
privacy-public = Tout le monde, et il est listé
privacy-unlisted = Tous ceux qui ont le lien
privacy-internal = Les personnes connectées ici
privacy-private = Vous seul
form-how = Fonctionnement
form-permanent = Direct permanent
form-permanent-hint = La même adresse et la même clé à chaque passage en direct. Chaque fois laisse sa propre rediffusion.
form-replay = Garder une rediffusion
form-replay-hint = Ce que vous diffusez reste en vidéo, visible une seconde après l’arrêt.
form-replay-privacy = Qui peut voir la rediffusion
form-latency = Latence
latency-small = La plus basse : environ une seconde
latency-default = Équilibrée : deux à trois secondes
latency-high = Stable : dix secondes et plus, pour les connexions faibles
form-grace = Attendre une connexion perdue (secondes)
form-grace-hint = Si votre connexion tombe et revient dans ce délai, la session continue et les spectateurs restent. Vide : { $count } secondes.
form-dvr = Retour en arrière (minutes)
form-dvr-hint = Jusqu’où les spectateurs peuvent remonter pendant le direct. 0 ou vide : jusqu’au début.
form-sensitive = Contenu sensible
form-sensitive-hint = Un avertissement précède la lecture.
form-create = Créer le direct
form-save = Enregistrer
form-cancel = Annuler
form-on-air = En direct : le fonctionnement se change après la fin. Le titre et la description se changent maintenant.
form-errors = Pas encore enregistré :
error-name-length = Le titre doit avoir de 3 à 120 lettres.
error-description-length = La description est trop longue : au plus 10 000 lettres.
error-grace-range = Délai d’attente : un nombre de secondes de 0 à 600.
error-dvr-range = Retour en arrière : un nombre de minutes de 0 à 1440.
error-channel = Choisissez une de vos chaînes.
error-choice = Choisissez une des valeurs proposées.
error-privacy-on-air = Pendant le direct et après, on ne peut plus changer qui peut le regarder.
error-too-many-lives = Vous avez autant de directs que ce serveur le permet. Supprimez-en un, ou réutilisez-en un.

## Tableau de bord
dash-page-title = Tableau de bord du direct
dash-setup-title = Réglez votre encodeur
dash-step-server = Serveur
dash-step-server-text = Dans OBS : Paramètres, Stream (flux), Service « Personnalisé… », puis collez ceci comme serveur.
dash-step-server-tls = Chiffré (RTMPS), si votre encodeur sait le faire :
dash-step-key = Clé de stream
dash-step-key-text = Collez ceci comme clé de stream. Qui la possède peut diffuser à votre place : gardez-la pour vous.
dash-step-encoder = Encodeur
dash-step-encoder-text = Dans OBS : Paramètres, Sortie, mode « Avancé ». H.264 (x264 ou matériel), CBR, 2500 à 6000 kbit/s, intervalle d’images-clés 1 ou 2 s, réglage « zerolatency » s’il est proposé ; son AAC, 128 kbit/s ou plus.
dash-step-start = Puis démarrez le streaming. Cette page devient votre tableau de bord dès les premières images.
dash-no-rtmp = RTMP est désactivé sur ce serveur. Adressez-vous à ses responsables.
dash-copy = Copier
dash-copied = Copié
dash-show = Montrer
dash-hide = Cacher
dash-rotate = Nouvelle clé
dash-rotate-sure = Faire une nouvelle clé ? L’ancienne cesse aussitôt de fonctionner : collez la nouvelle dans votre encodeur.
dash-rotated = Nouvelle clé faite. Collez-la dans votre encodeur.
dash-waiting = En attente de votre encodeur
dash-end = Terminer le direct
dash-end-sure = Terminer ce direct ? Les spectateurs voient aussitôt la rediffusion, si vous en gardez une.
dash-page = Ouvrir la page
dash-on-air-for = En direct depuis
dash-viewers = Spectateurs
dash-bitrate = Débit
dash-fps = Images par seconde
dash-keyframes = Image-clé toutes les
dash-late = Retard
dash-dropped = Images perdues
dash-picture = Image
dash-codecs = Codecs
dash-recording = Enregistrement
dash-recording-on = actif
dash-recording-off = inactif
dash-encoder = Encodeur
dash-plots = Les dix dernières minutes
dash-good = Tout va bien : { $picture }, { $bitrate }, une image-clé toutes les { $keyframes }
dash-good-picture = Tout va bien : { $picture }, { $bitrate }
dash-good-audio = Tout va bien : son seul, { $bitrate }
dash-starting = Les images arrivent ; mesure en cours.
dash-attention = Cela marche, mais pourrait aller mieux :
dash-bad = Les spectateurs le remarquent :
dash-interrupted = Connexion avec votre encodeur perdue. Les spectateurs attendent ; relancez, et la session continue.
dash-interrupted-until = Connexion avec votre encodeur perdue. Les spectateurs attendent ; relancez avant { $time }, et la session continue.
dash-waiting-sentence = Pas en direct. En attente de votre encodeur.
dash-ended-sentence = Ce direct est terminé.
dash-link-lost = Plus de nouvelles du serveur. Nouvel essai en cours, tout seul.
dash-last-error = Dernier essai : { $name }
dash-sessions = Sessions passées
dash-no-sessions = Pas encore de session.
dash-session-started = Début
dash-session-length = Durée
dash-session-replay = Rediffusion
dash-session-none = aucune
dash-session-running = en direct maintenant
dash-session-preparing = en préparation
dash-session-error = Terminée par une erreur
dash-one-shot = Ce direct sert une fois : il devient la vidéo quand il se termine.

## Erreurs
error-404-title = Rien ici
error-404-text = Il n’y a pas de page à cette adresse. Elle a peut-être été déplacée ou supprimée.
error-403-title = Pas pour vous
error-403-text = Cette page appartient à quelqu’un d’autre. Si elle est à vous, connectez-vous avec le bon compte.
error-405-title = Pas comme ça
error-405-text = Cette adresse ne prend pas ce genre de demande.
error-429-title = Trop vite
error-429-text = Trop de demandes en peu de temps. Attendez une minute, puis rechargez.
error-400-title = Pas compris
error-400-text = Quelque chose n’allait pas dans la demande. Revenez en arrière et réessayez.
error-500-title = Quelque chose s’est cassé ici
error-500-text = C’est notre faute, pas la vôtre. C’est noté ; réessayez dans une minute.
error-back = Vers l’accueil
error-sign-in = Se connecter

## Catégories et licences, par les numéros de PeerTube
category-1 = Musique
category-2 = Films
category-3 = Véhicules
category-4 = Art
category-5 = Sports
category-6 = Voyages
category-7 = Jeux vidéo
category-8 = Gens
category-9 = Humour
category-10 = Divertissement
category-11 = Actualité et politique
category-12 = Tutoriels
category-13 = Éducation
category-14 = Militantisme
category-15 = Science et technologie
category-16 = Animaux
category-17 = Enfants
category-18 = Cuisine
licence-1 = Attribution
licence-2 = Attribution, partage à l’identique
licence-3 = Attribution, pas de modification
licence-4 = Attribution, pas d’usage commercial
licence-5 = Attribution, pas d’usage commercial, partage à l’identique
licence-6 = Attribution, pas d’usage commercial, pas de modification
licence-7 = Domaine public

## Comments and likes
comments-title = Commentaires
comments-total =
    { $count ->
        [one] { $count } commentaire
       *[other] { $count } commentaires
    }
comments-write = Écrire un commentaire
comments-markdown = Le Markdown fonctionne ici.
comments-need-approval = Les commentaires s’affichent une fois approuvés par le propriétaire de la vidéo.
comments-send = Commenter
comments-sign-in = Se connecter pour commenter
comments-empty = Personne n’a encore rien dit.
comments-closed = Les commentaires sont désactivés pour cette vidéo.
comments-by = Commentaire de { $name }
comments-owner = Propriétaire
comments-edited = modifié
comments-held = Attend votre approbation. Personne d’autre ne le voit encore.
comments-held-own = En attente d’approbation. Personne d’autre ne le voit encore.
comments-approve = Approuver
comments-reply = Répondre
comments-reply-to = Répondre à { $name }
comments-send-reply = Répondre
comments-delete = Supprimer
comments-delete-sure = Supprimer ce commentaire ? C’est définitif.
comments-deleted = Ce commentaire a été supprimé.
comments-report = Signaler
rate-like = J’aime
rate-dislike = Je n’aime pas
rate-sign-in = Se connecter pour donner son avis

## Reports
report-link = Signaler
report-title = Signaler
report-video = À propos de la vidéo « { $name } »
report-comment = À propos d’un commentaire de { $name }
report-reasons = Quel est le problème ?
report-reason-1 = Violent ou choquant
report-reason-2 = Haineux ou injurieux
report-reason-3 = Spam ou trompeur
report-reason-4 = Vie privée
report-reason-5 = Droits, comme le droit d’auteur
report-reason-6 = Contraire aux règles de ce serveur
report-reason-7 = L’image
report-reason-8 = Les sous-titres
report-text = Que doivent savoir les modérateurs ?
report-elsewhere = Cela vient de { $name } : ses modérateurs recevront aussi le signalement.
report-send = Envoyer le signalement
report-cancel = Retour à la vidéo
report-thanks = Merci. Les modérateurs vont regarder.

## Notifications
notifications-title = Notifications
notifications-empty = Rien pour le moment. Commentaires, réponses et abonnés apparaîtront ici.
notifications-read-all = Tout marquer comme lu
notifications-unread = non lue
notified-comment = { $who } a commenté « { $what } »
notified-reply = { $who } vous a répondu sur « { $what } »
notified-video = { $who } a publié « { $what } »
notified-live = { $who } est en direct : « { $what } »
notified-follow = { $who } suit { $what }
notified-abuse = Quelqu’un a signalé quelque chose
notified-somebody = Quelqu’un

## Abonnements, recherche, autres serveurs
nav-subscriptions = Abonnements
nav-subscriptions-short = Suivis
nav-go-live-short = Direct
nav-admin = Administration
back = Retour
follow-button = Suivre
follow-leave = Ne plus suivre
follow-pending = En attente de l’autre serveur
followers =
    { $count ->
        [one] { $count } abonné
       *[other] { $count } abonnés
    }
follow-copy = Copier
follow-elsewhere-title = Suivre depuis votre propre serveur
follow-server = Votre serveur
follow-server-hint = Là où est votre compte : un serveur PeerTube, Mastodon ou Tributary.
follow-go = Continuer là-bas
follow-handle = Ou cherchez-y
follow-sign-in = J’ai un compte ici
follow-elsewhere-who = Suivre { $name }
follow-elsewhere-going = Vous allez vers { $name }…
follow-elsewhere-continue = Continuer vers { $name }
follow-elsewhere-failed = { $name } ne dit pas où suivre
follow-elsewhere-instead = Ouvrez vous-même votre serveur et cherchez-y @{ $name }.
follow-failed = Abonnement impossible
follow-failed-text = Vérifiez l’orthographe. Si elle est juste, l’autre serveur est peut-être absent un moment : réessayez plus tard.
interaction-title = Suivre depuis ici
subscriptions-title = Abonnements
subscriptions-feed = Flux RSS
subscriptions-empty = Vous ne suivez encore personne
subscriptions-empty-text = Suivez des chaînes, ici ou sur n’importe quel serveur PeerTube ou Tributary : leurs directs et leurs vidéos apparaissent sur cette page.
subscriptions-add = Suivre par nom ou adresse
subscriptions-no-videos = Rien n’a encore été publié par ceux que vous suivez.
subscriptions-followed = Vous suivez
search-title = Recherche
search-label = Chercher des vidéos et des chaînes
search-button = Chercher
search-hint = Des mots, l’adresse d’une vidéo, ou @nom@serveur d’une chaîne.
search-channels = Chaînes
search-nothing = Rien trouvé pour « { $name } »
search-nothing-text = Essayez d’autres mots. Ce qui est sur des serveurs que celui-ci ne suit pas se trouve par son adresse.
search-not-found = { $name } est introuvable
search-sign-in = Ce n’est pas connu ici. Connectez-vous pour le chercher sur son propre serveur.
search-server = C’est un serveur. Les administrateurs peuvent le suivre sous « Administration ».
remote-gone = Son serveur ne le connaît pas (ou plus).
remote-refused = Impossible : { $name }.
remote-away = Son serveur est injoignable pour l’instant ({ $name }). Réessayez plus tard.
remote-strange = Son serveur a répondu autre chose ({ $name }).
ahead-soon = prochain essai dans un instant
ahead-minutes =
    { $count ->
        [one] prochain essai dans une minute
       *[other] prochain essai dans { $count } minutes
    }
ahead-hours =
    { $count ->
        [one] prochain essai dans une heure
       *[other] prochain essai dans { $count } heures
    }
admin-title = Administration
admin-tab-federation = Suivis
admin-tab-queues = Envois
admin-tab-blocklist = Bloqués
admin-federation-off = La fédération est désactivée dans la configuration (federation.enabled) : rien n’entre et rien ne sort.
admin-followers = Ils nous suivent
admin-followers-empty = Aucun serveur ne suit encore celui-ci.
admin-followers-hint = Les serveurs refusés le restent quand ils redemandent ; les serveurs retirés peuvent redemander.
admin-following = Nous suivons
admin-following-empty = Ce serveur n’en suit encore aucun autre. Ce que publient ceux qu’il suit apparaît ici pour tout le monde.
admin-follow-host = Suivre un serveur
admin-follow-host-hint = Son nom. nom@serveur suit une seule chaîne pour tout le monde.
admin-follow-pending = En attente
admin-follow-accepted = Accepté
admin-follow-rejected = Refusé
admin-accept = Accepter
admin-reject = Refuser
admin-remove = Retirer
admin-federation-settings = Qui peut suivre
admin-followers-policy = Les serveurs qui demandent à suivre celui-ci
admin-followers-auto = peuvent suivre tout de suite
admin-followers-manual = attendent qu’un administrateur accepte
admin-followers-nobody = sont refusés
admin-followers-policy-hint = Les gens peuvent suivre les comptes et chaînes d’ici dans tous les cas, sauf s’ils sont bloqués.
admin-follow-back = Suivre en retour
admin-follow-back-hint = Les serveurs qui peuvent suivre celui-ci sont suivis aussi.
admin-save = Enregistrer
admin-done-followed = Demande envoyée.
admin-done-unfollowed = N’est plus suivi.
admin-done-accepted = Accepté.
admin-done-rejected = Refusé.
admin-done-removed = Retiré.
admin-done-saved = Enregistré. C’est valable dès maintenant.
admin-done-retrying = Nouvel essai en cours.
admin-done-dropped = Ce qui attendait a été abandonné.
admin-done-blocked = Bloqué.
admin-done-unblocked = N’est plus bloqué.
admin-queues = Ce qui attend d’autres serveurs
admin-queues-empty = Aucun autre serveur n’est encore connu.
admin-queues-hint = Un serveur injoignable est réessayé après une minute, puis de moins en moins souvent. Ce qui attend plus de quelques jours est abandonné.
admin-server = Serveur
admin-queued = En attente
admin-given-up = Abandonnés
admin-failures = Échecs de suite
admin-unreachable = Serveurs absents
admin-delivered = Dernier envoi
admin-never = jamais
admin-retry = Essayer maintenant
admin-drop = Abandonner
admin-drop-confirm = Abandonner tout ce qui attend { $name } ? Il n’en saura jamais rien.
admin-block-target = Bloquer un serveur ou un compte
admin-block-hint = spam.example, ou troll@autre.example. Rien d’eux n’entre, et ils ne peuvent pas suivre.
admin-block-malformed = Ce n’est ni le nom d’un serveur ni nom@serveur.
admin-block-own = C’est ce serveur-ci.
admin-block-no-account = C’est une chaîne ou un serveur, pas un compte.
admin-block = Bloquer
admin-unblock = Débloquer
admin-blocked-hosts = Serveurs
admin-blocked-accounts = Comptes
admin-blocked-none = Aucun.
admin-lists = Partager des listes
admin-export-text = Exporter en texte
admin-export-csv = Exporter en CSV
admin-import = Importer
admin-import-list = Importer une liste
admin-import-hint = Un serveur ou nom@serveur par ligne. D’un CSV, la première colonne compte ; les lignes qui commencent par # sont ignorées.
admin-imported =
    { $count ->
        [one] { $count } entrée est bloquée maintenant
       *[other] { $count } entrées sont bloquées maintenant
    }
admin-tab-reports = Signalements
admin-reports-empty = Rien n’a été signalé.
admin-reports-empty-hint = Ce que signalent les gens d’ici et d’autres serveurs à propos des vidéos, commentaires et comptes d’ici apparaît ici.
admin-report-comment = Un commentaire sur « { $name } »
admin-report-account = Le compte { $name }
admin-report-gone = Supprimé entre-temps
admin-report-of = De
admin-report-by = Signalé par
admin-report-reopen = Rouvrir
admin-report-delete-video = Supprimer la vidéo
admin-report-delete-video-sure = Supprimer cette vidéo et tous ses fichiers ? Elle ne pourra pas être récupérée.
admin-report-delete-comment = Supprimer le commentaire
admin-report-block-account = Bloquer le compte
admin-report-block-server = Bloquer { $name }
admin-report-block-sure = Bloquer { $name } pour tout le monde ici ?
admin-report-is-blocked = { $name } est bloqué
admin-report-note = Note
admin-report-note-hint = Seuls les modérateurs la voient.
admin-done-reopened = Attend de nouveau une décision.
admin-done-noted = Noté.
admin-done-deleted = Supprimé.
admin-import-skipped = Ces lignes n’ont pas été comprises, ou sont des comptes qui ne sont pas connus ici :
