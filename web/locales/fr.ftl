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
