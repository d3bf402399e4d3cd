### Texts in English, by key. A name in braces with a dollar sign stands for what the text names.
### What a bold word or a command looks like is Discord's own: ** and ` belong to the text.

## Small words

on = on
off = off
unknown = unknown
not-known = not known
never = never
running = running
stopped = **stopped**
idle = idle
suspended = suspended
wizard-open = wizard open
none-found = none found
none-seen = none seen
not-recorded = not recorded
name-not-recorded = name not recorded
build = build { $build }
the-tenant = the tenant
a-sync-server = a sync server
the-server = the server
one-forest = one forest
one-of-its-forests = one of its forests
list-or = { $first } or { $last }
from-to = { $from } to { $to }
the-configured-channels = the configured channels

## An answer's fields

where = Where
since = Since
how-sure = How sure
sure-certain = Certain: log and state agree, both fresh
sure-probable = Probable: the log or the state says so, not both
sure-possible = Possible: the evidence is old or incomplete
verdict = Verdict
no-answer = No answer
no-answer-from-server = No answer from this server
silence-age = What is shown is { $age } old.
silence-never = It has never sent a report.
how-we-know = How we know
what-to-do = What to do
who-can = Who can
who-can-mend = Who can mend it
last-switched = Last switched
no-button = Why there is no button
ruled-out = Ruled out
also-worth-knowing = Also worth knowing
also-possible = Also possible
other-servers = Other servers
read-more = Read more
details = Details
diagnosed-by = Diagnosed by Syncmedic
shown-only-in = Servers and evidence are shown only in { $channels }.
offer = Press **Request enablement** (for { $target }). A second person must approve before anything runs.
offer-by-choice = Nothing is wrong. If { $target } should be synced after all: **Request enablement** asks why, and two people must approve.
button-request = Request enablement
button-why-not = Why not?
obstacles = The command is offered only when all of this is known to hold:
what-is-missing = What is missing
no-obstacle = Nothing keeps the button away now
no-obstacle-more = The state has changed since that answer. Ask again with `/signin`.
nobody = No sync server to ask
nobody-more = No sync server is enrolled, or not the one that was asked about.
nobody-do = Whoever runs Syncmedic enrols one with `syncmedic agents add`.
event-colon = Event { $id }:
event-line =
    { $count ->
        [one] Event
       *[other] Events
    } { $ids }, { $when }: { $what }

## Where words and servers meet

next-check = Next check
next-check-there = Next check there
who-can-check = Who can check
what-you-describe = What you describe
words-point-to = What the words point to
from-your-words = From your words: { $words }
code-unknown = is not in our table of codes; live: https://login.microsoftonline.com/error
method-for = On the server: users here sign in by { $method }.
method-against = On the server, though: users here sign in by { $method }. A single domain may still differ.
meet-well = Password sync works, as far as the servers tell. So look there:
meet-well-unclear = Password sync works, as far as the servers tell.
meet-agrees = This fault explains it.
meet-agrees-one = This fault explains it: only those who changed their password since are hit, and be it one.
meet-open = This fault explains a changed password that is refused. If passwords that nobody changed are refused too, there is more: ask for the code on the screen (AADSTS and a number).
meet-open-one = This fault explains it if the password was changed lately. If not, ask for the code on the screen (AADSTS and a number).
meet-accepted = The password was accepted there, so mending password sync will not end it. Both need somebody.
meet-elsewhere = The password is checked elsewhere there, so mending password sync will not end it. Both need somebody.
meet-may-follow = It may follow from the fault: whoever tries a changed password again and again is locked out. Mend the fault first.
meet-held-up = Until the fault is mended a changed password does not reach the cloud. Mend the fault first.
meet-apart = It has nothing to do with the fault. Both need somebody.
meet-untold = Whether password sync is well can't be told from the servers now. What was said points there:

## Asking for a switch by text

fix-offered = Password sync can be switched on
fix-withheld = Password sync is not offered to be switched on
fix-nothing = There is nothing to switch on
fix-elsewhere = Not here
fix-no-text = Nothing that is written requests or approves anything: only the buttons do, and a second person must approve.
fix-who = Whoever holds { $role } can ask; somebody else approves

## What somebody may do

help = What you can do here
help-everyone = I look after password sync: I ask the sync servers why people can't sign in, say how I know, and who can mend it.
help-here = Commands
help-signin = `/signin problem:` why can't people sign in? Or right-click a complaint > Apps > **Diagnose sign-in**
help-sync = `/sync status` all servers · `/sync server` one in full · `/sync history` its last hours · `/sync summary` posts the summary now
help-sync-elsewhere = `/sync status` and all that names servers: in { $channels }
help-audit = `/audit recent` the record of what was asked for and done
help-you = You
help-may-request = You may ask to have password sync switched on: the button is under an answer, where the fault is one that it mends.
help-may-request-elsewhere = You may ask to have password sync switched on, in { $channels }.
help-may-not-request = You can't ask to have password sync switched on: { $why }.
help-may-approve = You may approve what others ask for, in { $channel }; never what you asked for yourself.
help-may-not-approve = You can't approve: { $why }.
help-others = Who else can
help-who-requests = { $role } can ask for it
help-who-approves = { $role } can approve it
help-text = What text can't do
help-text-more = Nothing that is written requests or approves anything: only buttons do.

## What Syncmedic is for

other = I look after password sync
other-what = Tell me when people can't sign in, or when a changed password is not accepted. I ask the sync servers and say what is wrong, how I know, and who can mend it.
other-ask = Ask me
other-how =
    `/signin problem:` users can't sign in
    `/sync status` all servers · `/sync server` one in full · `/sync history` its last hours
    Or right-click a complaint > Apps > **Diagnose sign-in**
other-else = If it is something else
other-where = A forgotten password: the self-service reset page. Whatever has nothing to do with signing in: the helpdesk. I know nothing about these.

## Servers at a glance and in full

status-good = Password sync is well
status-warning = Password sync needs a look
status-bad = Password sync needs help
status-some =
    { $count ->
        [one] { $count } sync server needs a look
       *[other] { $count } sync servers need a look
    }
status-nobody = No sync servers
status-nobody-more = None is enrolled yet. `syncmedic agents add` enrols one.
status-more = More
status-how = `/sync server` shows one in full, `/sync history` its last hours.
status-elsewhere = Servers are named only in { $channels }.
not-here = Not here
servers-asked =
    { $count ->
        [one] { $count } server asked
       *[other] { $count } servers asked
    }
heartbeat-fresh = fresh
heartbeat-due = due
heartbeat-late = late
heartbeat-missing = missing
heartbeat-none = none expected
line-heartbeats = heartbeats: { $forests }
line-last = (last { $ago })
line-no-answer = **no answer**, { $heard }
line-heard = last heard { $age } ago
line-never-heard = never heard of
product = Product
services = Services
cloud-flag = Cloud flag
staging-mode = Staging mode
sign-in-method = Sign-in method
sync-cycle = Sync cycle
forests = Forests
not-readable = Not readable
agent = Agent
forest-heartbeat = heartbeat { $level } (last { $ago })
forest-no-heartbeat = no heartbeat is expected
forest-line = • **{ $forest }** channel { $channel } · { $heartbeat } · last success { $success }
its-clock-ahead = • Its clock is { $by } ahead of Syncmedic's.
its-clock-behind = • Its clock is { $by } behind Syncmedic's.
agent-line = { $version } · heard { $heard } · log read { $log } · state read { $state }
no-report = { $agent } has never sent a report
history-title =
    { $hours ->
        [one] { $server }, the last { $hours } hour
       *[other] { $server }, the last { $hours } hours
    }
no-such-server = there is no such server
no-such-server-but = there is no such server; there are { $servers }

## Short notes

not-done = Not done
asked = Asked
asked-who =
    { $needed ->
        [one] The approvers see it in { $channel }. One other person must approve, { $deadline } at the latest.
       *[other] The approvers see it in { $channel }. { $needed } other people must approve, { $deadline } at the latest.
    }
asked-then = What happens then
asked-what-then = The command runs on the server, and I check that it worked. You will be told how it ended.
plan-code = Plan code
failure = That did not work
failure-what = Something failed on Syncmedic's side, and nothing was changed. Try again; if it stays so, whoever runs Syncmedic finds the reason in its log.
on-its-way = On its way
summary-posted = The summary is posted in { $channel }.
unknown-command = this version of Syncmedic does not know that
store-failed = the database could not record it, so nothing was done
form-reason = Why is it needed?
form-reason-example = Users can't sign in since this morning, INC0047
form-ticket = Name the ticket (it must match { $pattern })
form-justification = An administrator switched it off. Why on?
form-justification-example = Who agreed that password sync goes on again, and why

## How a request stands

state-requested = waiting for approval
state-approved = approved
state-denied = denied
state-withdrawn = withdrawn
state-expired = expired
state-lapsed = lapsed
state-moved = moved
state-staged = staged
state-succeeded = done, awaiting proof
state-failed = failed
state-verified = verified
state-unproven = unproven

## Why the gate says no

refuse-wrong-guild = this works only in the server that Syncmedic is set up for
refuse-direct-message = this doesn't work in a direct message: use the configured channel
refuse-wrong-channel = this works only in the configured channel
refuse-bot = a bot can neither request nor approve
refuse-timed-out = you are timed out in this server until { $until }
refuse-pending = you have not yet accepted this server's rules
refuse-not-requester = asking for this needs the requester role
refuse-not-approver = approving needs the approver role
refuse-not-listed = you hold the approver role, but you are not listed in APPROVER_USERS
refuse-self-approval = your own approval never counts: a second person must approve
refuse-already-approved = you have approved this already; it waits for another person
refuse-not-yours = only the requester or an approver can withdraw it
refuse-already-decided = this has been decided already: it is { $state }
refuse-expired = the time to approve ran out at { $at }
refuse-reason-missing = a reason is required: one line, at most { $max } characters
refuse-reason-too-long = the reason has { $length } characters; at most { $max } are possible
refuse-ticket-missing = the reason must name a ticket (as in { $pattern })
refuse-justification-missing = password sync was switched off by an administrator: say in at least { $min } characters why it may go on again
refuse-no-offer = there is nothing to enable now: { $why }
refuse-wrong-plan = { $agent } answered with another plan than the one asked for
refuse-already-open = a request for this is open already ({ $request })
refuse-no-quorum = it needs { $needed } approvers besides you, and only { $possible } are listed in APPROVER_USERS: whoever runs Syncmedic must list more
refuse-unknown = this button is no longer in use
refuse-out-of-order = { $what } does not fit a request that is { $state }

## Evidence

evidence-event = Event { $id }: { $says }.
evidence-flag-on = The tenant's password hash sync flag is on, as read on the server.
evidence-flag-off = The tenant's password hash sync flag is off, as read on the server.
evidence-closed = Password sync is off for { $forest }, as read on the server.
evidence-off-for = Password sync is off for { $forest }.
evidence-alive = { $forest } shows signs of life, the last at { $at }.
evidence-last-alive = { $forest } showed its last sign of life at { $at }.
evidence-silent = { $forest } shows no sign of life in the log.
evidence-untold = Whether { $forest } shows signs of life can't be told from the log.
evidence-retired = { $server } runs { $product }, retired in April 2021.
evidence-staging = The server is in staging mode, as read on the server.
evidence-build = Build { $build } is below { $minimum }, the oldest that the cloud accepts since { $day }.
evidence-staging-event = Event { $id } says that the server is in staging mode, and password sync has not tried anything since.
evidence-full-sync = A full password sync has finished since the last error, which it could not have done with that error.
evidence-printed-closed = What a command printed beside the events says that password sync is switched off for a forest.
evidence-stopped = The sync service is stopped, as the service manager says.
evidence-stopped-event = Event 2002: the sync service stopped, and nothing came after it.
evidence-cycles = Every forest's last password cycle succeeded, as read on the server.
ruled-service = The sync service runs.
ruled-staging = The server is not in staging mode.
ruled-build = The cloud accepts build { $build }.
ruled-channels = Password sync is on for every forest.
ruled-flag = The tenant's password hash sync flag is on.
ruled-sign-in = The log has no refused sign-in of the sync server.
ruled-connection = The log has no failed connection to the cloud.
ruled-ad = The log has no failure on the side of Active Directory.
act-on = Password hash sync was switched on
act-off = Password hash sync was switched off
act-switched = Password hash sync was switched (on or off is not recorded)
act-method = The sign-in method was changed
act-method-hash = The sign-in method was changed to password hash sync
act-method-other = The sign-in method was changed away from password hash sync

## Verdicts that need words of their own

sum-on-again = Password hash sync was switched off in the tenant; the switch is on again, and the first signs of life are awaited.
sum-unheard = { $server } has not reported yet, so nothing is known of it.
sum-cloud-sync = { $server } runs Entra Cloud Sync, which syncs passwords in the cloud and never writes event 6900; look in the Microsoft Entra admin center.
sum-no-product = No sync product was found on { $server }.
sum-no-sign = No sign of life of password sync could be read on { $server }.
sum-nothing-told = The log of { $server } holds nothing that would tell how password sync is: no error of it, and no two hours in which a sign of life was due.
sum-times-ambiguous = The dates can be read day first or month first, and mean different things: "{ $one }" or "{ $other }"; a person must look.
sum-foreign = The only errors are from a provider that does not belong to the sync product; a person must look.

## Why no offer stands

not-no-command = No command of the catalogue mends this.
not-staging = A server in staging mode is never switched on.
not-report-missing = The server has never reported.
not-silent = The server does not answer: { $why }
not-state-unknown = ADSync's state could not be read yet.
not-state-stale = ADSync's state was read more than 5 minutes ago.
not-events-unread = The event log could not be read.
not-events-stale = The event log was read more than 5 minutes ago.
not-clock-skew = The server's clock and ours, or its own events, are too far apart.
not-appliance-retired = Nothing is ever run on DirSync or Azure AD Sync.
not-appliance-not-connect = The server has no Entra Connect.
not-appliance-unknown = Which sync product is installed is not known.
not-build-unknown = The installed build is not known.
not-build-retired = The cloud refuses build { $build }.
not-build-recalled = Microsoft has recalled build { $build }.
not-service-stopped = The sync service is stopped.
not-service-unknown = Whether the sync service runs is not known.
not-flag-unknown = The tenant's flag could not be read.
not-flag-on = The tenant's flag is on already.
not-flag-off = The tenant's flag is off: a forest's switch alone would not help.
not-staging-unknown = Whether the server is in staging mode is not known.
not-cycle-unknown = Whether a sync cycle is running is not known.
not-cycle-running = A sync cycle is running; configuration can't be changed meanwhile.
not-scheduler-unknown = Whether the scheduler is suspended is not known.
not-scheduler-suspended = The scheduler is suspended.
not-wizard-unknown = Whether the configuration wizard is open is not known.
not-wizard-open = The configuration wizard is open.
not-sign-in-method-unknown = How the tenant's users sign in is not known.
not-connectors-unknown = The connectors could not be read.
not-entra-connector-missing = The server has no Entra connector.
not-entra-connectors-many = The server has more than one Entra connector.
not-forests-missing = The server has no forest.
not-channel-unknown = Whether password sync is on for each forest is not known.
not-foreign-provider = Events with the same text come from a provider that does not count: { $provider }.
not-code-90-stale = The last code 90 is older than two heartbeats.
not-code-90-missing = No event carries Error Code 90 itself, and without it nothing is switched on.
not-self-healing = This build tries to switch the flag on again by itself; it is given 30 minutes.
not-self-healing-some = Some builds try to switch the flag on again by themselves; it is given 30 minutes.
not-self-healing-since = The product has tried to switch the flag on again since the last code 90.
not-other-fault-newer = Since the last code 90 there is evidence of another fault, which switching on would not mend.
not-heartbeat-newer = A sign of life is newer than the last code 90.
not-full-sync-newer = A full password sync has finished since the last code 90.
not-since-event = { $says } (event { $id }, { $at })
not-switched-on-since = Since the last code 90 somebody has switched password sync on, or may have.
not-closed-alive = A forest whose switch was read as off has shown a sign of life since.
not-allowed-at-server = The server's own configuration does not allow { $command }.
not-other-silent = { $server } does not answer, so whether this is the only active server is not known.
not-two-active = { $server } is active too; only one server may be.
not-other-unknown = Whether { $server } is in staging mode is not known for now.
not-offline = Files show what was; only a live server, with its state read, gets an offer.
not-times-ambiguous = The files leave open how their times are to be read; read otherwise, they say { $cause }. Export them with a time zone.
not-events-undated = Some events in the files have a date and others have none, so which came last is not told. Export them with their dates.
not-events-skipped = Something in the files looks like an event and could not be read as one; it may be newer than the last code 90. Export the log again.
not-clock-moved = A record written after the last code 90 has an earlier time, so the server's clock was set back and which came last is not told. Export the log with a time zone.
not-half-of-day = No hour in the file is above 12, and none tells the half of the day: what seems older than the last code 90 may be of the afternoon after it. Export the log with hours of 24, and with a time zone.
not-text-holds-other-events = The text of an event holds what looks like another event, which may be newer than the last code 90. Export the log again, in one format.
not-talk-not-understood = Beside the events stands something that is not understood: a sentence, a comment, what another command printed. It may say that the fault is over, or of another time or server. Read it; if it says nothing of the kind, give the events alone.
not-talk-not-understood-here = Beside the events stands what is not understood: “{ $said }”. It may say that the fault is over, or of another time or server. If it says nothing of the kind, give the events alone.
not-window-past = A command beside the events shows the oldest of them, or those up to some time: what speaks against the remedy may be among the newer ones. Show the newest (wevtutil with /rd:true, Get-WinEvent without -Oldest or an end).
not-code-90-wording = An event with Error Code 90 says more than the text that Microsoft documents, or something else; a person must read it.
not-text-too-long = The text of an event is so long that its middle was not read; what stands there may speak against the remedy.
not-times-differ = The records name several times (when written, when collected, when last seen), and by one of them something newer speaks against the remedy.
not-zones-mixed = Times that name no zone, beside others of another file or with a zone, leave open which came last. Export the log in one file, with its time zone.
not-log-old = The last code 90 is of a time in which DirSync and Azure AD Sync were still served, and the log does not tell which product wrote it.
not-product-silent = The log goes on for over two hours after the last code 90, and password sync says nothing more in it: the service may be stopped, or the fault over.
not-computers-differ = The files hold events of several computers, and by those of the computer with the last code 90 alone nothing may be switched on.
not-two-active-told = The files tell of password sync on two computers at the same time, and only one server of a tenant may be active: which of them is meant is not known.
not-events-after-now = Some events are newer than the time that the log is to be judged at (--now).
not-taken-later = By its own dates the file was taken at { $taken }, over a day after its newest event ({ $newest }): what has happened since is not in it. Export the log anew.
not-windows-too-old = The files tell of a Windows before Server 2016, or of the database of Connect 1.x: what runs there, the cloud has refused since October 2023, and switching it on would not help.

## What else deserves attention

find-two-active = More than one server is active: { $servers }. Microsoft supports one; nothing is offered until the others are in staging mode.
find-no-active = Every server is in staging mode: nobody sends passwords to Microsoft Entra ID.
find-active-unknown = Which server is the active one is not known.
warn-phs-optional = Password hash sync is optional here: users sign in by { $method }. It may be off on purpose.
warn-foreign = Event { $id } was not counted: provider { $provider }.
warn-service-stopped = The sync service is stopped, so this server could not take over.
warn-heartbeat-late = The heartbeat of { $forest } is late.
warn-clock-ahead = The server's clock is { $by } ahead of ours.
warn-clock-behind = The server's clock is { $by } behind ours.
warn-log-tells-nothing = In a log that is short, filtered, another one or of another server no sign of life can be missed. First of all give the active sync server's whole Application log: wevtutil epl Application app.evtx
warn-unread = { $what } could not be read: { $why }
warn-closed = Password sync is off for { $forest }: a second step is needed for it.
warn-closed-by-choice = Password sync is off for { $forest }, and nothing shows that it was on in the last 72 hours: that is taken as meant so.
warn-build-minimum = The cloud refuses build { $build } from { $day } on.
warn-build-unlisted = Build { $build } is not in the table of builds.
warn-build-recalled = Microsoft has recalled build { $build }: install a newer one.
warn-support-ended = Support of build { $build } ended on { $day }.
warn-support-ends = Support of build { $build } ends on { $day }.

## Commands and their options, as Discord lists them

command-signin = Why can't users sign in? Asks the sync servers, or reads a log
command-sync = The sync servers
command-sync-status = All sync servers at a glance
command-sync-server = One sync server in full
command-sync-history = A sync server's last hours: heartbeats and errors
command-sync-summary = Posts the status summary now
command-audit = The record of what was done
command-audit-recent = The newest rows of the audit, with its head
option-problem = What people see, in their words: users can't sign in
option-file = An exported event log, up to 8 MiB: .evtx, XML, JSON, CSV or text
option-server = The sync server
option-hours = How many hours back, up to 72 (24 if left out)

## Event logs from files

file-remedy = Remedy
file-remedy-what = { $command } would mend it. A file opens no button: ask the live server with `/signin problem:`, which reads its state now.
file-words = Your words
file-words-point = They point to: { $what }.
file-the-file = The file
file-read = { $file }: { $events } events, { $relevant } of them matter here. Judged as of { $now }. Names and addresses in it are masked.
file-diagnosed-by = Diagnosed by Syncmedic from a file
file-server-said = as you say
file-server-found = as the file says
file-server-unknown = the file does not say
file-mismatch = The file names { $found } as its server, not { $said }.
file-nothing-asked = What shall I look at?
file-nothing-asked-more = Say what people see (`problem`), or attach an exported event log (`file`). Both together are fine.
file-too-large = The file is too large
file-too-large-more = This file has more than 8 MiB; up to 8 MiB are read here. Nothing was downloaded or kept.
file-too-large-by = This file has { $size } MiB; up to 8 MiB are read here. Nothing was downloaded or kept.
file-too-large-do =
    Export only the last hours, or only password sync's events: on the server
    { $command }
    Or read the whole file where it lies: `syncmedic diagnose FILE`.
file-unavailable = The file could not be fetched
file-unavailable-more = { $why }. Nothing was read.
file-unavailable-do = Attach it again. If it stays so, whoever runs Syncmedic finds the reason in its log.
file-nowhere = Discord did not say where it is
cdn-foreign = its address is not one of Discord's file servers
cdn-too-large = it is larger than it was said to be
cdn-refused = Discord's file server answered with status { $status }
cdn-unreachable = Discord's file server can't be reached
file-unreadable = This file can't be read as an event log
file-no-guess = Why no guess
file-no-guess-more = What is missing might be what speaks against a remedy, so half a log is not judged.
file-formats = What can be read
file-formats-more = `.evtx`; XML or text of `wevtutil qe`; JSON or CSV of `Get-WinEvent`; Event Viewer's exports; text copied from Event Viewer.
note-dates-missing = { $count } of the events have no date that could be read; they count as the newest.
note-dates-ambiguous = Some dates may be read as day/month or as month/day, and the files don't tell which.
note-clock-set-back = The server's clock was set back: what came last is told by the numbers of the records, or by the rows, and times are shown as they were written.
note-zone-missing = Some times name no time zone and are read as UTC.
note-zones-mixed = Some times name no time zone and are read as UTC. Others name theirs: the order of the two may be wrong.
note-servers-many = The events come from more than one server and are judged as one log.

## Why a file can't be read as a log, and where in it

fault-in-file = { $name }, { $place }: { $what }
fault-io = { $name } can't be read: { $why }
place-beginning = the beginning
place-header = the header
place-end = the end
place-whole = the whole file
place-line = line { $number }
place-byte = byte { $byte }
place-byte-after = byte { $byte } (events before it: { $events })
place-record = the record after { $after } others
fault-empty = the file is empty
fault-no-event = no event was found in it
fault-no-event-yet = no event was found up to here
fault-no-event-for = no event was found in the last { $size } MiB
fault-packed = this is { $what }, which is not read: unpack it, or export the events as XML, JSON or CSV
fault-binary = this is no text, and no .evtx log
fault-encodings = it changes its encoding on the way: give each file by itself
fault-too-long = it is too long for an event
fault-line-too-long = the line is too long for an event
fault-columns = it has more columns than an event
fault-other-table = another table with other columns begins here: give it as a file of its own
fault-quote-open = a quoted text has no end: the file is cut off
fault-json = this is no JSON: { $why }
fault-xml = this is no XML: { $why }
fault-no-event-json = this is no JSON of events
fault-cut = it ends in the middle: it is cut off
fault-cut-event = it ends in the middle of an event: it is cut off
fault-cut-chunk = it ends in the middle of a chunk: it is cut off
fault-document-type = a document type has no place in an event log
fault-comment = events lie inside of a comment
fault-deep = elements lie deeper than in any event
fault-stray = text lies outside of the events
fault-endless = no events follow for 16 MiB: this is no log of Windows'
fault-too-large = it is longer than a log of Windows' can be

## A history in words

chart-title =
    Password hash sync in the last { $count ->
        [one] hour
       *[other] { $count } hours
    }
chart-span = { $title }, { $from } to { $to } ({ $zone }).
chart-empty = No sync server has reported yet.
chart-more = { $count } more not shown.
chart-unknown = nothing is known
chart-hours-unknown = { $hours } h not known
chart-silent = no heartbeat in { $hours } h
chart-alive = heartbeats in { $alive } of { $hours } h, the last in the hour from { $last }
chart-errors =
    { $count ->
        [one] { $count } error
       *[other] { $count } errors
    }, most ({ $most }) in the hour from { $hour }
chart-no-errors = no errors
