# Every word of the pages. Keys that start with player- and dash- are also given to scripts: there a value is put in by
# name, and a plural is written as two messages, -one and -other.

language-name = English

## Frame
skip-to-content = Skip to content
nav-main = Main
nav-home = Home
nav-studio = Studio
nav-go-live = Go live
nav-on-air = On air
nav-sign-in = Sign in
nav-sign-out = Sign out
nav-account = Account
nav-your-page = Your page
footer-software = Runs on Tributary, free software
footer-language = Language

## Home
home-on-air = On air
home-recent = Recent
home-empty-title = Nothing here yet. Three steps to the first live:
home-empty-step-sign-in = Sign in
home-empty-step-sign-in-text = The name is root; its password was printed the first time the server started.
home-empty-step-create = Create a live
home-empty-step-create-text = A title is enough. You get a server address and a key.
home-empty-step-stream = Paste both into OBS and press Start Streaming
home-empty-step-stream-text = A second later it plays here, and when you stop it stays as a video.
home-no-videos = No videos yet.

## Cards
on-air = On air
interrupted = Interrupted
waiting = Waiting
ended = Ended
watching =
    { $count ->
        [one] { $count } watching
       *[other] { $count } watching
    }
views =
    { $count ->
        [one] { $count } view
       *[other] { $count } views
    }
sensitive = Sensitive
newer = Newer
older = Older
ago-now = just now
ago-minutes =
    { $count ->
        [one] a minute ago
       *[other] { $count } minutes ago
    }
ago-hours =
    { $count ->
        [one] an hour ago
       *[other] { $count } hours ago
    }
ago-days =
    { $count ->
        [one] yesterday
       *[other] { $count } days ago
    }
ago-months =
    { $count ->
        [one] a month ago
       *[other] { $count } months ago
    }
ago-years =
    { $count ->
        [one] a year ago
       *[other] { $count } years ago
    }

## Channel and account
channel-videos = Videos
channel-empty = No videos yet. What is published here will stay here.
channel-by = by { $name }
feed-rss = RSS
feed-podcast = Podcast
account-channels = Channels

## Watch
watch-started = Started { $name }
watch-published = Published { $name }
watch-privacy-unlisted = Unlisted
watch-privacy-private = Private
watch-privacy-internal = Internal
watch-privacy-password = Password
watch-no-script-live = This live needs JavaScript to play here. Any HLS player plays its address:
watch-no-script-file = Your browser cannot play this file. Download it:
watch-share = Copy link
watch-shared = Copied
watch-category = Category
watch-licence = Licence
watch-language = Language
watch-more = More from this channel
watch-manage = Manage this live
watch-last-replay = Watch the last replay

## Player
player-on-air = On air
player-back-to-live = Back to live
player-on-air-again = On air again: watch live
player-replay = The live has ended. This is its replay.
player-behind = { $seconds } s behind
player-behind-long = { $time } behind
player-viewers-one = { $count } watching
player-viewers-other = { $count } watching
player-unmute = Turn sound on
player-speed = Speed
player-quality = Quality
player-close = Close
player-try-again = Try again
player-waiting-title = Waiting for the live
player-waiting-text = It starts by itself. You can leave this page open.
player-interrupted-title = The streamer will be back
player-interrupted-text = The connection to the streamer was lost. The picture continues by itself.
player-reconnecting-title = Connection lost
player-reconnecting-text = Trying again by itself.
player-offline-title = You are offline
player-offline-text = The picture continues when your connection is back.
player-ended-title = This live has ended
player-ended-text = The replay is being prepared.
player-gone-title = This live has ended
player-gone-text = There is no replay of it.
player-unsupported-title = This browser cannot play this stream
player-unsupported-text = Its picture or sound is in a form the browser does not know. Another browser may: Chrome, Edge, Firefox and Safari each know different ones.
player-media-title = The browser stopped playing
player-media-text = It could not decode what it received. Trying again often helps; if not, reload the page.
player-stats = Statistics
player-stats-picture = Picture
player-stats-frames = Frames dropped / shown
player-stats-buffer = Buffered
player-stats-latency = Behind live (target)
player-stats-speed = Speed
player-stats-bitrate = Bitrate
player-stats-network = Connection
player-stats-received = Received
player-stats-part = Part length
player-stats-stalls = Stalls
player-stats-codec = Codecs
player-stats-engine = Engine

## Sign-in
login-title = Sign in
login-name = User name or e-mail
login-password = Password
login-submit = Sign in
login-wrong = Name and password do not match. Check both; capital letters count in the password.
login-blocked = This account is blocked. Ask the people who run this site.
login-needed = Sign in to see this page.

## Studio
studio-title = Studio
studio-lives = Your lives
studio-videos = Your videos
studio-new-live = New live
studio-manage = Manage
studio-watch = Watch
studio-edit = Edit
studio-no-lives = No lives yet
studio-no-lives-text = A live is an address and a key. Make one once; a permanent live keeps both for ever.
studio-no-videos = No videos yet. What you stream stays here as a replay.
studio-permanent = Permanent
studio-once = Once

## Live form
form-new-title = New live
form-edit-title = Edit live
form-about = About
form-name = Title
form-name-hint = What viewers see first. You can change it any time.
form-description = Description
form-channel = Channel
form-category = Category
form-licence = Licence
form-language = Language
form-none = Not set
form-privacy = Who can watch
privacy-public = Everyone, and it is listed
privacy-unlisted = Everyone with the link
privacy-internal = People signed in here
privacy-private = Only you
form-how = How it works
form-permanent = Permanent live
form-permanent-hint = The same address and key for every time you go on air. Each time leaves a replay of its own.
form-replay = Keep a replay
form-replay-hint = What you stream stays as a video, watchable a second after you stop.
form-replay-privacy = Who can watch the replay
form-latency = Latency
latency-small = Lowest: about a second
latency-default = Balanced: two to three seconds
latency-high = Steady: ten seconds and more, for weak connections
form-grace = Wait for a lost connection (seconds)
form-grace-hint = If your connection drops and returns within this time, the session goes on and viewers stay. Empty: { $count } seconds.
form-dvr = Rewind window (minutes)
form-dvr-hint = How far back viewers may rewind while you are on air. 0 or empty: to the start.
form-sensitive = Sensitive content
form-sensitive-hint = Viewers see a notice before it plays.
form-create = Create live
form-save = Save
form-cancel = Cancel
form-on-air = On air: how it works can be changed when the live is over. Title and description can be changed now, who may watch cannot.
form-errors = Not saved yet:
error-name-length = The title needs 3 to 120 letters.
error-description-length = The description is too long: at most 10,000 letters.
error-grace-range = Waiting time: a number of seconds from 0 to 600.
error-dvr-range = Rewind window: a number of minutes from 0 to 1440.
error-channel = Choose one of your channels.
error-choice = Choose one of the offered values.
error-privacy-on-air = While the live is on air or over, who may watch it cannot be changed.
error-too-many-lives = You have as many lives as this server allows. Delete one you no longer use, or use one again.

## Dashboard
dash-page-title = Live dashboard
dash-setup-title = Set up your encoder
dash-step-server = Server
dash-step-server-text = In OBS: Settings, Stream, Service “Custom…”, then paste this as Server.
dash-step-server-tls = Encrypted (RTMPS), if your encoder can:
dash-step-key = Stream key
dash-step-key-text = Paste this as Stream Key. Whoever has it can stream as you: keep it to yourself.
dash-step-encoder = Encoder
dash-step-encoder-text = In OBS: Settings, Output, mode “Advanced”. H.264 (x264 or hardware), CBR, 2500 to 6000 kbit/s, keyframe interval 1 or 2 s, tune “zerolatency” if offered; sound AAC, 128 kbit/s or more.
dash-step-start = Then press Start Streaming. This page turns into your dashboard when the first pictures arrive.
dash-no-rtmp = RTMP is turned off on this server. Ask the people who run it.
dash-copy = Copy
dash-copied = Copied
dash-show = Show
dash-hide = Hide
dash-rotate = New key
dash-rotate-sure = Make a new key? The old one stops working at once: paste the new one into your encoder.
dash-rotated = New key made. Paste it into your encoder.
dash-waiting = Waiting for your encoder
dash-end = End live
dash-end-sure = End this live? Viewers see the replay at once, if you keep one.
dash-page = Open page
dash-on-air-for = On air for
dash-viewers = Viewers
dash-bitrate = Bitrate
dash-fps = Frame rate
dash-keyframes = Keyframe every
dash-late = Late
dash-dropped = Dropped frames
dash-picture = Picture
dash-codecs = Codecs
dash-recording = Recording
dash-recording-on = on
dash-recording-off = off
dash-encoder = Encoder
dash-plots = The last ten minutes
dash-good = Good: { $picture }, { $bitrate }, keyframe every { $keyframes }
dash-good-picture = Good: { $picture }, { $bitrate }
dash-good-audio = Good: sound only, { $bitrate }
dash-starting = Pictures arrive; measuring.
dash-attention = It works, but could be better:
dash-bad = Viewers notice this:
dash-interrupted = Connection to your encoder lost. Viewers wait; start again and the session goes on.
dash-interrupted-until = Connection to your encoder lost. Viewers wait; start again before { $time } and the session goes on.
dash-waiting-sentence = Not on air. Waiting for your encoder.
dash-ended-sentence = This live is over.
dash-link-lost = No news from the server. Trying again by itself.
dash-last-error = Last attempt: { $name }
dash-sessions = Past sessions
dash-no-sessions = No sessions yet.
dash-session-started = Started
dash-session-length = Length
dash-session-replay = Replay
dash-session-none = none
dash-session-running = on air now
dash-session-preparing = being prepared
dash-session-error = Ended by an error
dash-one-shot = This live is for one time: it becomes the video when it ends.

## Errors
error-404-title = Not here
error-404-text = There is no page at this address. It may have been moved or deleted.
error-403-title = Not for you
error-403-text = This page belongs to somebody else. If it is yours, sign in with the right account.
error-405-title = Not like this
error-405-text = This address does not take that kind of request.
error-429-title = Too quick
error-429-text = Too many requests in a short time. Wait a minute, then reload.
error-400-title = Not understood
error-400-text = Something in the request was wrong. Go back and try again.
error-500-title = Something broke here
error-500-text = This is our fault, not yours. It was noted; try again in a minute.
error-back = To the home page
error-sign-in = Sign in

## Categories and licences, by PeerTube's numbers
category-1 = Music
category-2 = Films
category-3 = Vehicles
category-4 = Art
category-5 = Sports
category-6 = Travels
category-7 = Gaming
category-8 = People
category-9 = Comedy
category-10 = Entertainment
category-11 = News & politics
category-12 = How to
category-13 = Education
category-14 = Activism
category-15 = Science & technology
category-16 = Animals
category-17 = Kids
category-18 = Food
licence-1 = Attribution
licence-2 = Attribution, share alike
licence-3 = Attribution, no derivatives
licence-4 = Attribution, non commercial
licence-5 = Attribution, non commercial, share alike
licence-6 = Attribution, non commercial, no derivatives
licence-7 = Public domain dedication

## Comments and likes
comments-title = Comments
comments-total =
    { $count ->
        [one] { $count } comment
       *[other] { $count } comments
    }
comments-write = Write a comment
comments-markdown = Markdown works here.
comments-need-approval = Comments show once the owner of the video has approved them.
comments-send = Comment
comments-sign-in = Sign in to comment
comments-empty = Nobody has said anything yet.
comments-closed = Comments are off for this video.
comments-by = Comment by { $name }
comments-owner = Owner
comments-edited = edited
comments-held = Waits for your approval. Nobody else sees it yet.
comments-held-own = Waits for approval. Nobody else sees it yet.
comments-approve = Approve
comments-reply = Reply
comments-reply-to = Reply to { $name }
comments-send-reply = Reply
comments-delete = Delete
comments-delete-sure = Delete this comment? It cannot be brought back.
comments-deleted = This comment was deleted.
comments-report = Report
rate-like = Like
rate-dislike = Dislike
rate-sign-in = Sign in to like or dislike

## Reports
report-link = Report
report-title = Report
report-video = About the video “{ $name }”
report-comment = About a comment by { $name }
report-reasons = What is wrong?
report-reason-1 = Violent or repulsive
report-reason-2 = Hateful or abusive
report-reason-3 = Spam, or misleading
report-reason-4 = Privacy
report-reason-5 = Rights, such as copyright
report-reason-6 = Against the rules of this server
report-reason-7 = The picture
report-reason-8 = The captions
report-text = What should the moderators know?
report-elsewhere = This is from { $name }: its moderators get the report as well.
report-send = Send report
report-cancel = Back to the video
report-thanks = Thank you. The moderators will look at it.

## Notifications
notifications-title = Notifications
notifications-empty = Nothing has happened yet. Comments, answers and followers show up here.
notifications-read-all = Mark all as read
notifications-unread = unread
notified-comment = { $who } commented on “{ $what }”
notified-reply = { $who } answered you on “{ $what }”
notified-video = { $who } published “{ $what }”
notified-live = { $who } is live: “{ $what }”
notified-follow = { $who } follows { $what }
notified-abuse = Somebody reported something
notified-somebody = Somebody

## Following, search, other servers
nav-subscriptions = Subscriptions
nav-subscriptions-short = Following
nav-go-live-short = Go live
nav-admin = Administration
back = Back
follow-button = Follow
follow-leave = Unfollow
follow-pending = Waiting for the other server
followers =
    { $count ->
        [one] { $count } follower
       *[other] { $count } followers
    }
follow-copy = Copy
follow-elsewhere-title = Follow from your own server
follow-server = Your server
follow-server-hint = Where your account is: a PeerTube, Mastodon or Tributary server.
follow-go = Continue there
follow-handle = Or search there for
follow-sign-in = I have an account here
follow-elsewhere-who = Follow { $name }
follow-elsewhere-going = Taking you to { $name }…
follow-elsewhere-continue = Continue to { $name }
follow-elsewhere-failed = { $name } does not say where to follow
follow-elsewhere-instead = Open your server yourself and search there for @{ $name }.
follow-failed = Not followed
follow-failed-text = Check the spelling. If it is right, the other server may be away for a moment: try again later.
interaction-title = Follow from here
subscriptions-title = Subscriptions
subscriptions-feed = RSS feed
subscriptions-empty = You follow nobody yet
subscriptions-empty-text = Follow channels, here or on any PeerTube or Tributary server: their lives and videos appear on this page.
subscriptions-add = Follow by name or address
subscriptions-no-videos = Nothing published yet by those you follow.
subscriptions-followed = You follow
search-title = Search
search-label = Search videos and channels
search-button = Search
search-hint = Words, or the address of a video, or @name@server of a channel.
search-channels = Channels
search-nothing = Nothing found for “{ $name }”
search-nothing-text = Try other words. What is on servers that this one does not follow is found by its address.
search-not-found = { $name } was not found
search-sign-in = This is not known here. Sign in to look for it on its own server.
search-server = This is a server. Administrators can follow it under “Administration”.
remote-gone = Its server does not know it (any more).
remote-refused = It cannot be had: { $name }.
remote-away = Its server cannot be reached just now ({ $name }). Try again later.
remote-strange = Its server answered with something else ({ $name }).
ahead-soon = next try in a moment
ahead-minutes =
    { $count ->
        [one] next try in a minute
       *[other] next try in { $count } minutes
    }
ahead-hours =
    { $count ->
        [one] next try in an hour
       *[other] next try in { $count } hours
    }
admin-title = Administration
admin-tab-federation = Follows
admin-tab-queues = Deliveries
admin-tab-blocklist = Blocked
admin-federation-off = Federation is turned off in the configuration (federation.enabled): nothing comes in and nothing goes out.
admin-followers = They follow us
admin-followers-empty = No server follows this one yet.
admin-followers-hint = Rejected servers stay rejected when they ask again; removed ones may ask again.
admin-following = We follow
admin-following-empty = This server follows no other yet. What those publish that it follows appears here for everyone.
admin-follow-host = Follow a server
admin-follow-host-hint = Its name. name@server follows a single channel for everyone.
admin-follow-pending = Waiting
admin-follow-accepted = Accepted
admin-follow-rejected = Rejected
admin-accept = Accept
admin-reject = Reject
admin-remove = Remove
admin-federation-settings = Who may follow
admin-followers-policy = Servers that ask to follow this one
admin-followers-auto = may follow at once
admin-followers-manual = wait until an administrator accepts
admin-followers-nobody = are turned away
admin-followers-policy-hint = People may follow accounts and channels of here in any case, unless they are blocked.
admin-follow-back = Follow back
admin-follow-back-hint = Servers that may follow this one are followed as well.
admin-save = Save
admin-done-followed = Asked to follow.
admin-done-unfollowed = Not followed any more.
admin-done-accepted = Accepted.
admin-done-rejected = Rejected.
admin-done-removed = Removed.
admin-done-saved = Saved. It counts from now on.
admin-done-retrying = Trying again now.
admin-done-dropped = What waited was dropped.
admin-done-blocked = Blocked.
admin-done-unblocked = Not blocked any more.
admin-queues = What waits for other servers
admin-queues-empty = No other server is known yet.
admin-queues-hint = A server that cannot be reached is tried again after a minute, then less and less often. What waits for longer than some days is given up.
admin-server = Server
admin-queued = Waiting
admin-given-up = Given up
admin-failures = Failures in a row
admin-unreachable = Servers away
admin-delivered = Last delivery
admin-never = never
admin-retry = Try now
admin-drop = Drop
admin-drop-confirm = Drop everything that waits for { $name }? It will never hear of it.
admin-block-target = Block a server or an account
admin-block-hint = spam.example, or troll@other.example. Nothing of theirs comes in, and they cannot follow.
admin-block-malformed = That is no name of a server and no name@server.
admin-block-own = This is this server.
admin-block-no-account = That is a channel or a server, not an account.
admin-block = Block
admin-unblock = Unblock
admin-blocked-hosts = Servers
admin-blocked-accounts = Accounts
admin-blocked-none = None.
admin-lists = Share lists
admin-export-text = Export as text
admin-export-csv = Export as CSV
admin-import = Import
admin-import-list = Import a list
admin-import-hint = One server or name@server a line. Of CSV the first column counts; lines that start with # are skipped.
admin-imported =
    { $count ->
        [one] { $count } entry is blocked now
       *[other] { $count } entries are blocked now
    }
admin-tab-reports = Reports
admin-reports-empty = Nothing was reported.
admin-reports-empty-hint = What people here and on other servers report about videos, comments and accounts of here is listed here.
admin-report-comment = A comment on “{ $name }”
admin-report-account = The account { $name }
admin-report-gone = Deleted meanwhile
admin-report-of = By
admin-report-by = Reported by
admin-report-reopen = Reopen
admin-report-delete-video = Delete video
admin-report-delete-video-sure = Delete this video with all its files? It cannot be brought back.
admin-report-delete-comment = Delete comment
admin-report-block-account = Block account
admin-report-block-server = Block { $name }
admin-report-block-sure = Block { $name } for everyone here?
admin-report-is-blocked = { $name } is blocked
admin-report-note = Note
admin-report-note-hint = Only moderators see it.
admin-done-reopened = Waits for a decision again.
admin-done-noted = Noted.
admin-done-deleted = Deleted.
admin-import-skipped = These lines were not understood, or are accounts that are not known here:
