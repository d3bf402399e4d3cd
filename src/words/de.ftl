### Die Texte auf Deutsch, nach Schlüssel. Ein Name in geschweiften Klammern mit Dollarzeichen steht für das, was der Text
### nennt. ** und ` gehören zum Text: so sehen auf Discord fette Wörter und Befehle aus.

## Kleine Wörter

on = an
off = aus
unknown = unbekannt
not-known = nicht bekannt
never = nie
running = läuft
stopped = **angehalten**
idle = ruht
suspended = ausgesetzt
wizard-open = Assistent offen
none-found = keines gefunden
none-seen = keines gesehen
not-recorded = nicht aufgezeichnet
name-not-recorded = Name nicht aufgezeichnet
build = Build { $build }
the-tenant = den Mandanten
a-sync-server = einem Synchronisierungsserver
the-server = diesem Server
one-forest = einer Gesamtstruktur
one-of-its-forests = einer seiner Gesamtstrukturen
list-or = { $first } oder { $last }
from-to = { $from } bis { $to }
the-configured-channels = den eingerichteten Kanälen

## Die Felder einer Antwort

where = Wo
since = Seit
how-sure = Wie sicher
sure-certain = Sicher: Protokoll und Zustand stimmen überein, beide frisch
sure-probable = Wahrscheinlich: Protokoll oder Zustand sagt es, nicht beide
sure-possible = Möglich: die Anzeichen sind alt oder unvollständig
verdict = Befund
no-answer = Keine Antwort
no-answer-from-server = Keine Antwort von diesem Server
silence-age = Was hier steht, ist { $age } alt.
silence-never = Er hat noch nie berichtet.
how-we-know = Woher wir das wissen
what-to-do = Was zu tun ist
who-can = Wer das kann
who-can-mend = Wer es beheben kann
last-switched = Zuletzt geschaltet
no-button = Warum es keine Schaltfläche gibt
ruled-out = Ausgeschlossen
also-worth-knowing = Außerdem wissenswert
also-possible = Außerdem möglich
other-servers = Andere Server
read-more = Mehr dazu
details = Einzelheiten
diagnosed-by = Diagnose von Syncmedic
shown-only-in = Server und Anzeichen stehen nur in { $channels }.
offer = **Einschalten beantragen** drücken (für { $target }). Bevor etwas ausgeführt wird, muss eine zweite Person genehmigen.
offer-by-choice = Es ist nichts kaputt. Soll { $target } doch synchronisiert werden: **Einschalten beantragen** fragt nach dem Grund, und zwei Personen müssen genehmigen.
button-request = Einschalten beantragen
button-why-not = Warum nicht?
obstacles = Der Befehl wird nur angeboten, wenn all das sicher gegeben ist:
what-is-missing = Was fehlt
no-obstacle = Jetzt steht der Schaltfläche nichts im Weg
no-obstacle-more = Der Zustand hat sich seit jener Antwort geändert. Mit `/signin` noch einmal fragen.
nobody = Kein Synchronisierungsserver da
nobody-more = Es ist kein Synchronisierungsserver eingetragen, oder nicht der, nach dem gefragt wurde.
nobody-do = Wer Syncmedic betreibt, trägt mit `syncmedic agents add` einen ein.
event-colon = Ereignis { $id }:
event-line =
    { $count ->
        [one] Ereignis
       *[other] Ereignisse
    } { $ids }, { $when }: { $what }

## Wo Worte und Server zusammenkommen

next-check = Nächste Prüfung
next-check-there = Nächste Prüfung dort
who-can-check = Wer prüfen kann
what-you-describe = Was Sie beschreiben
words-point-to = Wohin die Worte deuten
from-your-words = Aus Ihren Worten: { $words }
code-unknown = steht nicht in unserer Codetabelle; aktuell: https://login.microsoftonline.com/error
method-for = Laut Server melden sich Benutzer hier so an: { $method }.
method-against = Laut Server melden sich Benutzer hier aber so an: { $method }. Eine einzelne Domäne kann dennoch abweichen.
meet-well = Die Kennwortsynchronisierung läuft, soweit die Server es sagen. Also dort nachsehen:
meet-well-unclear = Die Kennwortsynchronisierung läuft, soweit die Server es sagen.
meet-agrees = Dieser Fehler erklärt es.
meet-agrees-one = Dieser Fehler erklärt es: Betroffen ist nur, wer sein Kennwort seither geändert hat, und sei es einer.
meet-open = Dieser Fehler erklärt ein geändertes Kennwort, das abgelehnt wird. Werden auch Kennwörter abgelehnt, die niemand geändert hat, dann steckt mehr dahinter: nach dem Code auf dem Bildschirm fragen (AADSTS und eine Zahl).
meet-open-one = Dieser Fehler erklärt es, wenn das Kennwort vor Kurzem geändert wurde. Wenn nicht: nach dem Code auf dem Bildschirm fragen (AADSTS und eine Zahl).
meet-accepted = Dort wurde das Kennwort angenommen; den Fehler der Kennwortsynchronisierung zu beheben, ändert daran nichts. Um beides muss sich jemand kümmern.
meet-elsewhere = Dort wird das Kennwort anderswo geprüft; den Fehler der Kennwortsynchronisierung zu beheben, ändert daran nichts. Um beides muss sich jemand kümmern.
meet-may-follow = Das kann vom Fehler kommen: Wer ein geändertes Kennwort immer wieder versucht, wird gesperrt. Zuerst den Fehler beheben.
meet-held-up = Solange der Fehler besteht, kommt ein geändertes Kennwort nicht in der Cloud an. Zuerst den Fehler beheben.
meet-apart = Das hat mit dem Fehler nichts zu tun. Um beides muss sich jemand kümmern.
meet-untold = Ob die Kennwortsynchronisierung läuft, lässt sich von den Servern jetzt nicht erfahren. Was gesagt wurde, deutet dorthin:

## Einschalten mit Worten

fix-offered = Die Kennwortsynchronisierung kann eingeschaltet werden
fix-withheld = Die Kennwortsynchronisierung einzuschalten wird nicht angeboten
fix-nothing = Es gibt nichts einzuschalten
fix-elsewhere = Nicht hier
fix-no-text = Nichts Geschriebenes beantragt oder genehmigt etwas: Das tun nur die Schaltflächen, und eine zweite Person muss genehmigen.
fix-who = Beantragen kann, wer { $role } hat; jemand anderes genehmigt

## Was jemand darf

help = Was Sie hier tun können
help-everyone = Ich kümmere mich um die Kennwortsynchronisierung: Ich frage die Synchronisierungsserver, warum sich Leute nicht anmelden können, und sage, woher ich es weiß und wer es beheben kann.
help-here = Befehle
help-signin = `/signin problem:` warum kann sich jemand nicht anmelden? Oder Rechtsklick auf eine Beschwerde > Apps > **Diagnose sign-in**
help-sync = `/sync status` alle Server · `/sync server` einer im Einzelnen · `/sync history` seine letzten Stunden · `/sync summary` stellt die Zusammenfassung jetzt ein
help-sync-elsewhere = `/sync status` und alles, was Server nennt: in { $channels }
help-audit = `/audit recent` die Aufzeichnung dessen, was beantragt und getan wurde
help-you = Sie
help-may-request = Sie dürfen beantragen, dass die Kennwortsynchronisierung eingeschaltet wird: Die Schaltfläche steht unter einer Antwort, wenn das den Fehler behebt.
help-may-request-elsewhere = Sie dürfen beantragen, dass die Kennwortsynchronisierung eingeschaltet wird, und zwar in { $channels }.
help-may-not-request = Sie können das Einschalten nicht beantragen: { $why }.
help-may-approve = Sie dürfen genehmigen, was andere beantragen, in { $channel }; nie, was Sie selbst beantragt haben.
help-may-not-approve = Sie können nicht genehmigen: { $why }.
help-others = Wer sonst kann
help-who-requests = { $role } kann es beantragen
help-who-approves = { $role } kann es genehmigen
help-text = Was Geschriebenes nicht kann
help-text-more = Nichts Geschriebenes beantragt oder genehmigt etwas: Das tun nur Schaltflächen.

## Wofür Syncmedic da ist

other = Ich kümmere mich um die Kennwortsynchronisierung
other-what = Sagen Sie mir, wenn sich Leute nicht anmelden können oder ein geändertes Kennwort nicht angenommen wird. Ich frage die Synchronisierungsserver und sage, was los ist, woher ich es weiß und wer es beheben kann.
other-ask = Fragen Sie mich
other-how =
    `/signin problem:` Benutzer können sich nicht anmelden
    `/sync status` alle Server · `/sync server` einer im Einzelnen · `/sync history` seine letzten Stunden
    Oder Rechtsklick auf eine Beschwerde > Apps > **Diagnose sign-in**
other-else = Wenn es etwas anderes ist
other-where = Ein vergessenes Kennwort: die Seite zum Zurücksetzen. Was mit der Anmeldung nichts zu tun hat: der Helpdesk. Davon weiß ich nichts.

## Server auf einen Blick und im Einzelnen

status-good = Die Kennwortsynchronisierung läuft
status-warning = Bei der Kennwortsynchronisierung sollte jemand nachsehen
status-bad = Die Kennwortsynchronisierung braucht Hilfe
status-some =
    { $count ->
        [one] Bei { $count } Synchronisierungsserver sollte jemand nachsehen
       *[other] Bei { $count } Synchronisierungsservern sollte jemand nachsehen
    }
status-nobody = Keine Synchronisierungsserver
status-nobody-more = Noch ist keiner eingetragen. `syncmedic agents add` trägt einen ein.
status-more = Mehr
status-how = `/sync server` zeigt einen im Einzelnen, `/sync history` seine letzten Stunden.
status-elsewhere = Server werden nur in { $channels } genannt.
not-here = Nicht hier
servers-asked =
    { $count ->
        [one] { $count } Server befragt
       *[other] { $count } Server befragt
    }
heartbeat-fresh = frisch
heartbeat-due = fällig
heartbeat-late = verspätet
heartbeat-missing = fehlt
heartbeat-none = keines erwartet
line-heartbeats = Lebenszeichen: { $forests }
line-last = (zuletzt { $ago })
line-no-answer = **keine Antwort**, { $heard }
line-heard = zuletzt gehört vor { $age }
line-never-heard = noch nie gehört
product = Produkt
services = Dienste
cloud-flag = Schalter in der Cloud
staging-mode = Staging-Modus
sign-in-method = Anmeldemethode
sync-cycle = Synchronisierungszyklus
forests = Gesamtstrukturen
not-readable = Nicht lesbar
agent = Agent
forest-heartbeat = Lebenszeichen { $level } (zuletzt { $ago })
forest-no-heartbeat = kein Lebenszeichen erwartet
forest-line = • **{ $forest }** Kanal { $channel } · { $heartbeat } · letzter Erfolg { $success }
its-clock-ahead = • Seine Uhr geht gegenüber der von Syncmedic { $by } vor.
its-clock-behind = • Seine Uhr geht gegenüber der von Syncmedic { $by } nach.
agent-line = { $version } · gehört { $heard } · Protokoll gelesen { $log } · Zustand gelesen { $state }
no-report = { $agent } hat noch nie berichtet
history-title =
    { $hours ->
        [one] { $server }, die letzte Stunde
       *[other] { $server }, die letzten { $hours } Stunden
    }
no-such-server = einen solchen Server gibt es nicht
no-such-server-but = einen solchen Server gibt es nicht; es gibt { $servers }

## Kurze Mitteilungen

not-done = Nicht getan
asked = Beantragt
asked-who =
    { $needed ->
        [one] Die Genehmiger sehen es in { $channel }. Eine andere Person muss genehmigen, spätestens { $deadline }.
       *[other] Die Genehmiger sehen es in { $channel }. { $needed } andere Personen müssen genehmigen, spätestens { $deadline }.
    }
asked-then = Was dann geschieht
asked-what-then = Der Befehl wird auf dem Server ausgeführt, und ich prüfe, ob er gewirkt hat. Sie erfahren, wie es ausging.
plan-code = Plancode
failure = Das hat nicht geklappt
failure-what = Auf der Seite von Syncmedic ist etwas fehlgeschlagen, und nichts wurde geändert. Noch einmal versuchen; bleibt es so, findet der Betreiber von Syncmedic den Grund im Protokoll.
on-its-way = Unterwegs
summary-posted = Die Zusammenfassung erscheint in { $channel }.
unknown-command = das kennt diese Version von Syncmedic nicht
store-failed = die Datenbank konnte es nicht aufzeichnen, also wurde nichts getan
form-reason = Warum wird es gebraucht?
form-reason-example = Benutzer können sich seit heute früh nicht anmelden, INC0047
form-ticket = Das Ticket nennen (es muss zu { $pattern } passen)
form-justification = Ein Administrator schaltete es aus. Warum an?
form-justification-example = Wer zugestimmt hat, dass die Kennwortsynchronisierung wieder angeht, und warum

## Wie es um einen Antrag steht

state-requested = wartet auf Genehmigung
state-approved = genehmigt
state-denied = abgelehnt
state-withdrawn = zurückgezogen
state-expired = abgelaufen
state-lapsed = verfallen
state-moved = überholt
state-staged = bereitgestellt
state-succeeded = ausgeführt, wartet auf den Nachweis
state-failed = fehlgeschlagen
state-verified = nachgewiesen
state-unproven = nicht nachgewiesen

## Warum es nicht erlaubt ist

refuse-wrong-guild = das geht nur auf dem Discord-Server, für den Syncmedic eingerichtet ist
refuse-direct-message = in einer Direktnachricht geht das nicht: bitte im eingerichteten Kanal
refuse-wrong-channel = das geht nur im eingerichteten Kanal
refuse-bot = ein Bot kann weder beantragen noch genehmigen
refuse-timed-out = Sie sind auf diesem Discord-Server bis { $until } stummgeschaltet
refuse-pending = Sie haben die Regeln dieses Discord-Servers noch nicht angenommen
refuse-not-requester = dazu braucht es die Rolle, die beantragen darf
refuse-not-approver = dazu braucht es die Rolle, die genehmigen darf
refuse-not-listed = Sie haben die Rolle, die genehmigen darf, stehen aber nicht in APPROVER_USERS
refuse-self-approval = die eigene Genehmigung zählt nie: eine zweite Person muss genehmigen
refuse-already-approved = das haben Sie schon genehmigt; es wartet auf eine andere Person
refuse-not-yours = zurückziehen kann es nur, wer es beantragt hat oder genehmigen darf
refuse-already-decided = darüber ist schon entschieden: { $state }
refuse-expired = die Zeit für die Genehmigung lief ab: { $at }
refuse-reason-missing = ein Grund ist nötig: eine Zeile, höchstens { $max } Zeichen
refuse-reason-too-long = der Grund hat { $length } Zeichen; möglich sind höchstens { $max }
refuse-ticket-missing = der Grund muss ein Ticket nennen (wie { $pattern })
refuse-justification-missing = ein Administrator hat die Kennwortsynchronisierung ausgeschaltet: in mindestens { $min } Zeichen sagen, warum sie wieder angehen darf
refuse-no-offer = es gibt jetzt nichts einzuschalten: { $why }
refuse-wrong-plan = { $agent } antwortete mit einem anderen Plan als dem verlangten
refuse-already-open = dafür ist schon ein Antrag offen ({ $request })
refuse-no-quorum = es braucht außer Ihnen { $needed } Genehmiger, und in APPROVER_USERS stehen nur { $possible }: Wer Syncmedic betreibt, muss mehr eintragen
refuse-unknown = diese Schaltfläche ist nicht mehr in Gebrauch
refuse-out-of-order = { $what } passt nicht zu einem Antrag in diesem Zustand: { $state }

## Anzeichen

evidence-event = Ereignis { $id }: { $says }.
evidence-flag-on = Der Schalter des Mandanten für die Kennworthash-Synchronisierung ist an, wie auf dem Server gelesen.
evidence-flag-off = Der Schalter des Mandanten für die Kennworthash-Synchronisierung ist aus, wie auf dem Server gelesen.
evidence-closed = Die Kennwortsynchronisierung ist für { $forest } ausgeschaltet, wie auf dem Server gelesen.
evidence-off-for = Die Kennwortsynchronisierung ist für { $forest } ausgeschaltet.
evidence-alive = { $forest } zeigt Lebenszeichen, das letzte: { $at }.
evidence-last-alive = { $forest } zeigte das letzte Lebenszeichen: { $at }.
evidence-silent = { $forest } zeigt im Protokoll kein Lebenszeichen.
evidence-untold = Ob { $forest } Lebenszeichen zeigt, lässt sich dem Protokoll nicht entnehmen.
evidence-retired = Auf { $server } läuft { $product }, im April 2021 eingestellt.
evidence-staging = Der Server ist im Staging-Modus, wie auf dem Server gelesen.
evidence-build = Build { $build } liegt unter { $minimum }, dem ältesten, den die Cloud seit { $day } annimmt.
evidence-staging-event = Ereignis { $id } sagt, dass der Server im Staging-Modus ist, und seither hat die Kennwortsynchronisierung nichts versucht.
evidence-full-sync = Seit dem letzten Fehler ist eine vollständige Kennwortsynchronisierung fertig geworden, was mit diesem Fehler nicht ginge.
evidence-printed-closed = Was ein Befehl neben den Ereignissen ausgab, sagt, dass die Kennwortsynchronisierung einer Gesamtstruktur ausgeschaltet ist.
evidence-stopped = Der Synchronisierungsdienst ist angehalten, wie die Dienststeuerung sagt.
evidence-stopped-event = Ereignis 2002: Der Synchronisierungsdienst wurde angehalten, und danach kam nichts mehr.
evidence-cycles = Der letzte Kennwortzyklus jeder Gesamtstruktur war erfolgreich, wie auf dem Server gelesen.
ruled-service = Der Synchronisierungsdienst läuft.
ruled-staging = Der Server ist nicht im Staging-Modus.
ruled-build = Die Cloud nimmt Build { $build } an.
ruled-channels = Die Kennwortsynchronisierung ist für jede Gesamtstruktur eingeschaltet.
ruled-flag = Der Schalter des Mandanten für die Kennworthash-Synchronisierung ist an.
ruled-sign-in = Das Protokoll hat keine abgelehnte Anmeldung des Synchronisierungsservers.
ruled-connection = Das Protokoll hat keine misslungene Verbindung zur Cloud.
ruled-ad = Das Protokoll hat keinen Fehler auf der Seite von Active Directory.
act-on = Die Kennworthash-Synchronisierung wurde eingeschaltet
act-off = Die Kennworthash-Synchronisierung wurde ausgeschaltet
act-switched = Die Kennworthash-Synchronisierung wurde geschaltet (ob an oder aus, ist nicht aufgezeichnet)
act-method = Die Anmeldemethode wurde geändert
act-method-hash = Die Anmeldemethode wurde auf Kennworthash-Synchronisierung geändert
act-method-other = Die Anmeldemethode wurde von Kennworthash-Synchronisierung auf eine andere geändert

## Befunde mit eigenen Worten

sum-on-again = Die Kennworthash-Synchronisierung war im Mandanten ausgeschaltet; der Schalter ist wieder an, und die ersten Lebenszeichen werden erwartet.
sum-unheard = { $server } hat noch nicht berichtet, darum ist nichts über ihn bekannt.
sum-cloud-sync = Auf { $server } läuft Entra Cloud Sync, das Kennwörter in der Cloud synchronisiert und nie Ereignis 6900 schreibt; bitte im Microsoft Entra Admin Center nachsehen.
sum-no-product = Auf { $server } wurde kein Synchronisierungsprodukt gefunden.
sum-no-sign = Auf { $server } ließ sich kein Lebenszeichen der Kennwortsynchronisierung lesen.
sum-nothing-told = Das Protokoll von { $server } enthält nichts, was über die Kennwortsynchronisierung etwas sagt: keinen Fehler von ihr und keine zwei Stunden, in denen ein Lebenszeichen fällig war.
sum-times-ambiguous = Bei den Daten kann der Tag oder der Monat zuerst stehen, und je nachdem heißt es „{ $one }“ oder „{ $other }“; ein Mensch muss nachsehen.
sum-foreign = Die einzigen Fehler stammen von einem Anbieter, der nicht zum Synchronisierungsprodukt gehört; ein Mensch muss nachsehen.

## Warum nichts angeboten wird

not-no-command = Kein Befehl des Katalogs behebt das.
not-staging = Ein Server im Staging-Modus wird nie eingeschaltet.
not-report-missing = Der Server hat noch nie berichtet.
not-silent = Der Server antwortet nicht: { $why }
not-state-unknown = Der Zustand von ADSync konnte noch nicht gelesen werden.
not-state-stale = Der Zustand von ADSync wurde vor mehr als 5 Minuten gelesen.
not-events-unread = Das Ereignisprotokoll konnte nicht gelesen werden.
not-events-stale = Das Ereignisprotokoll wurde vor mehr als 5 Minuten gelesen.
not-clock-skew = Die Uhr des Servers und unsere, oder seine eigenen Ereignisse, liegen zu weit auseinander.
not-appliance-retired = Auf DirSync oder Azure AD Sync wird nie etwas ausgeführt.
not-appliance-not-connect = Der Server hat kein Entra Connect.
not-appliance-unknown = Welches Synchronisierungsprodukt installiert ist, ist nicht bekannt.
not-build-unknown = Der installierte Build ist nicht bekannt.
not-build-retired = Die Cloud lehnt Build { $build } ab.
not-build-recalled = Microsoft hat Build { $build } zurückgezogen.
not-service-stopped = Der Synchronisierungsdienst ist angehalten.
not-service-unknown = Ob der Synchronisierungsdienst läuft, ist nicht bekannt.
not-flag-unknown = Der Schalter des Mandanten konnte nicht gelesen werden.
not-flag-on = Der Schalter des Mandanten ist schon an.
not-flag-off = Der Schalter des Mandanten ist aus: Der Schalter einer Gesamtstruktur allein würde nicht helfen.
not-staging-unknown = Ob der Server im Staging-Modus ist, ist nicht bekannt.
not-cycle-unknown = Ob ein Synchronisierungszyklus läuft, ist nicht bekannt.
not-cycle-running = Ein Synchronisierungszyklus läuft; solange lässt sich die Konfiguration nicht ändern.
not-scheduler-unknown = Ob der Zeitplaner ausgesetzt ist, ist nicht bekannt.
not-scheduler-suspended = Der Zeitplaner ist ausgesetzt.
not-wizard-unknown = Ob der Konfigurations-Assistent offen ist, ist nicht bekannt.
not-wizard-open = Der Konfigurations-Assistent ist offen.
not-sign-in-method-unknown = Wie sich die Benutzer des Mandanten anmelden, ist nicht bekannt.
not-connectors-unknown = Die Connectors konnten nicht gelesen werden.
not-entra-connector-missing = Der Server hat keinen Entra-Connector.
not-entra-connectors-many = Der Server hat mehr als einen Entra-Connector.
not-forests-missing = Der Server hat keine Gesamtstruktur.
not-channel-unknown = Ob die Kennwortsynchronisierung für jede Gesamtstruktur eingeschaltet ist, ist nicht bekannt.
not-foreign-provider = Ereignisse mit demselben Text stammen von einem Anbieter, der nicht zählt: { $provider }.
not-code-90-stale = Der letzte Code 90 ist älter als zwei Lebenszeichen.
not-code-90-missing = Kein Ereignis trägt Error Code 90 selbst, und ohne ihn wird nichts eingeschaltet.
not-self-healing = Dieser Build versucht von selbst, den Schalter wieder einzuschalten; dafür hat er 30 Minuten.
not-self-healing-some = Manche Builds versuchen von selbst, den Schalter wieder einzuschalten; dafür haben sie 30 Minuten.
not-self-healing-since = Das Produkt hat seit dem letzten Code 90 versucht, den Schalter wieder einzuschalten.
not-other-fault-newer = Seit dem letzten Code 90 gibt es Anzeichen eines anderen Fehlers, den das Einschalten nicht beheben würde.
not-heartbeat-newer = Ein Lebenszeichen ist neuer als der letzte Code 90.
not-full-sync-newer = Seit dem letzten Code 90 ist eine vollständige Kennwortsynchronisierung zu Ende gegangen.
not-since-event = { $says } (Ereignis { $id }, { $at })
not-switched-on-since = Seit dem letzten Code 90 hat jemand die Kennwortsynchronisierung eingeschaltet, oder vielleicht eingeschaltet.
not-closed-alive = Eine Gesamtstruktur, deren Schalter als aus gelesen wurde, hat seither ein Lebenszeichen gezeigt.
not-allowed-at-server = Die eigene Konfiguration des Servers erlaubt { $command } nicht.
not-other-silent = { $server } antwortet nicht; ob dies der einzige aktive Server ist, ist darum nicht bekannt.
not-two-active = { $server } ist auch aktiv; nur ein Server darf es sein.
not-other-unknown = Ob { $server } im Staging-Modus ist, ist derzeit nicht bekannt.
not-offline = Dateien zeigen, was war; ein Angebot gibt es nur für einen laufenden Server, dessen Zustand gelesen ist.
not-times-ambiguous = Die Dateien lassen offen, wie ihre Zeiten zu lesen sind; anders gelesen sagen sie { $cause }. Bitte mit Zeitzone exportieren.
not-events-undated = Einige Ereignisse in den Dateien haben ein Datum, andere keines; welches das letzte ist, bleibt offen. Bitte mit Datum exportieren.
not-events-skipped = In den Dateien steht etwas, das wie ein Ereignis aussieht und nicht als solches zu lesen war; es kann neuer sein als der letzte Code 90. Bitte das Protokoll neu exportieren.
not-clock-moved = Ein nach dem letzten Code 90 geschriebener Eintrag trägt eine frühere Zeit; die Uhr des Servers wurde zurückgestellt, und welches Ereignis das letzte ist, bleibt offen. Bitte mit Zeitzone exportieren.
not-half-of-day = Keine Stunde in der Datei liegt über 12, und keine nennt die Tageshälfte: Was älter scheint als der letzte Code 90, kann vom Nachmittag danach sein. Bitte mit 24 Stunden und mit Zeitzone exportieren.
not-text-holds-other-events = Der Text eines Ereignisses enthält etwas, das wie ein weiteres Ereignis aussieht und neuer sein kann als der letzte Code 90. Bitte das Protokoll neu exportieren, in einem Format.
not-talk-not-understood = Neben den Ereignissen steht etwas, das nicht verstanden wird: ein Satz, ein Kommentar, die Ausgabe eines anderen Befehls. Es kann heißen, dass der Fehler vorbei ist oder von einer anderen Zeit oder einem anderen Server stammt. Bitte lesen und, wenn es nichts dergleichen sagt, die Ereignisse allein einreichen.
not-talk-not-understood-here = Neben den Ereignissen steht, was nicht verstanden wird: „{ $said }“. Es kann heißen, dass der Fehler vorbei ist oder von einer anderen Zeit oder einem anderen Server stammt. Sagt es nichts dergleichen, bitte die Ereignisse allein einreichen.
not-window-past = Ein Befehl neben den Ereignissen zeigt die ältesten oder nur die bis zu einer Zeit: Was gegen die Abhilfe spricht, kann unter den neueren sein. Bitte die neuesten zeigen (wevtutil mit /rd:true, Get-WinEvent ohne -Oldest und ohne Ende).
not-code-90-wording = Ein Ereignis mit Error Code 90 sagt mehr oder anderes als der Text, den Microsoft beschreibt; das muss ein Mensch lesen.
not-text-too-long = Der Text eines Ereignisses ist so lang, dass seine Mitte nicht gelesen wurde; was dort steht, kann gegen die Abhilfe sprechen.
not-times-differ = Die Einträge nennen mehrere Zeiten (geschrieben, gesammelt, zuletzt gesehen), und nach einer davon spricht etwas Neueres gegen die Abhilfe.
not-zones-mixed = Zeiten ohne Zeitzone neben solchen einer anderen Datei oder mit Zeitzone lassen offen, welches Ereignis das letzte ist. Bitte das Protokoll in einer Datei und mit Zeitzone exportieren.
not-log-old = Der letzte Code 90 stammt aus einer Zeit, in der DirSync und Azure AD Sync noch bedient wurden, und das Protokoll sagt nicht, welches Produkt ihn schrieb.
not-product-silent = Das Protokoll geht nach dem letzten Code 90 noch über zwei Stunden weiter, und die Kennwortsynchronisierung sagt darin nichts mehr: Der Dienst kann angehalten oder der Fehler vorbei sein.
not-computers-differ = Die Dateien enthalten Ereignisse mehrerer Computer, und nach denen des Computers mit dem letzten Code 90 allein darf nichts eingeschaltet werden.
not-two-active-told = Die Dateien erzählen von Kennwortsynchronisierung auf zwei Computern zur selben Zeit, und nur ein Server eines Mandanten darf aktiv sein: Welcher gemeint ist, steht nicht fest.
not-events-after-now = Einige Ereignisse sind neuer als der Zeitpunkt, zu dem das Protokoll beurteilt werden soll (--now).
not-taken-later = Ihren eigenen Daten nach stammt die Datei vom { $taken }, über einen Tag nach ihrem neuesten Ereignis ({ $newest }): Was seitdem geschah, steht nicht darin. Bitte das Protokoll neu exportieren.
not-windows-too-old = Die Dateien erzählen von einem Windows vor Server 2016 oder von der Datenbank von Connect 1.x: Was dort läuft, weist die Cloud seit Oktober 2023 ab, und Einschalten hülfe nicht.

## Was sonst Beachtung verdient

find-two-active = Mehr als ein Server ist aktiv: { $servers }. Microsoft unterstützt einen; nichts wird angeboten, bis die anderen im Staging-Modus sind.
find-no-active = Alle Server sind im Staging-Modus: Niemand sendet Kennwörter an Microsoft Entra ID.
find-active-unknown = Welcher Server der aktive ist, ist nicht bekannt.
warn-phs-optional = Die Kennworthash-Synchronisierung ist hier nicht zwingend: Benutzer melden sich so an: { $method }. Sie kann absichtlich aus sein.
warn-foreign = Ereignis { $id } wurde nicht gezählt: Anbieter { $provider }.
warn-service-stopped = Der Synchronisierungsdienst ist angehalten; dieser Server könnte also nicht übernehmen.
warn-heartbeat-late = Das Lebenszeichen von { $forest } ist verspätet.
warn-clock-ahead = Die Uhr des Servers geht gegenüber unserer { $by } vor.
warn-clock-behind = Die Uhr des Servers geht gegenüber unserer { $by } nach.
warn-log-tells-nothing = In einem Protokoll, das kurz, gefiltert, ein anderes oder von einem anderen Server ist, kann kein Lebenszeichen fehlen. Als Erstes das ganze Anwendungsprotokoll des aktiven Synchronisierungsservers geben: wevtutil epl Application app.evtx
warn-unread = { $what } konnte nicht gelesen werden: { $why }
warn-closed = Die Kennwortsynchronisierung ist für { $forest } ausgeschaltet: Dafür ist ein zweiter Schritt nötig.
warn-closed-by-choice = Die Kennwortsynchronisierung ist für { $forest } ausgeschaltet, und nichts zeigt, dass sie in den letzten 72 Stunden an war: Das gilt als gewollt.
warn-build-minimum = Vom { $day } an lehnt die Cloud Build { $build } ab.
warn-build-unlisted = Build { $build } steht nicht in der Tabelle der Builds.
warn-build-recalled = Microsoft hat Build { $build } zurückgezogen: bitte einen neueren installieren.
warn-support-ended = Die Unterstützung von Build { $build } endete am { $day }.
warn-support-ends = Die Unterstützung von Build { $build } endet am { $day }.

## Befehle und ihre Optionen, wie Discord sie auflistet

command-signin = Warum können sich Benutzer nicht anmelden? Fragt die Server oder liest ein Protokoll
command-sync = Die Synchronisierungsserver
command-sync-status = Alle Synchronisierungsserver auf einen Blick
command-sync-server = Ein Synchronisierungsserver im Einzelnen
command-sync-history = Die letzten Stunden eines Synchronisierungsservers: Lebenszeichen und Fehler
command-sync-summary = Stellt die Zusammenfassung jetzt ein
command-audit = Die Aufzeichnung dessen, was getan wurde
command-audit-recent = Die neuesten Zeilen der Aufzeichnung, mit ihrem Kopf
option-problem = Was die Leute sehen, in ihren Worten: Benutzer können sich nicht anmelden
option-file = Ein exportiertes Ereignisprotokoll, bis 8 MiB: .evtx, XML, JSON, CSV oder Text
option-server = Der Synchronisierungsserver
option-hours = Wie viele Stunden zurück, bis 72 (24, wenn leer)

## Ereignisprotokolle aus Dateien

file-remedy = Abhilfe
file-remedy-what = { $command } würde es beheben. Eine Datei öffnet keine Schaltfläche: den laufenden Server mit `/signin problem:` fragen, das liest seinen Zustand jetzt.
file-words = Ihre Worte
file-words-point = Sie deuten auf: { $what }.
file-the-file = Die Datei
file-read = { $file }: gelesene Ereignisse: { $events }, hier von Bedeutung: { $relevant }. Beurteilt zum Stand: { $now }. Namen und Adressen darin sind unkenntlich gemacht.
file-diagnosed-by = Diagnose von Syncmedic aus einer Datei
file-server-said = wie Sie sagen
file-server-found = wie die Datei sagt
file-server-unknown = die Datei sagt es nicht
file-mismatch = Die Datei nennt { $found } als ihren Server, nicht { $said }.
file-nothing-asked = Was soll ich ansehen?
file-nothing-asked-more = Sagen, was die Leute sehen (`problem`), oder ein exportiertes Ereignisprotokoll anhängen (`file`). Beides zusammen geht auch.
file-too-large = Die Datei ist zu groß
file-too-large-more = Diese Datei hat mehr als 8 MiB; hier werden bis zu 8 MiB gelesen. Nichts wurde heruntergeladen oder behalten.
file-too-large-by = Diese Datei hat { $size } MiB; hier werden bis zu 8 MiB gelesen. Nichts wurde heruntergeladen oder behalten.
file-too-large-do =
    Nur die letzten Stunden oder nur die Ereignisse der Kennwortsynchronisierung exportieren: auf dem Server
    { $command }
    Oder die ganze Datei dort lesen, wo sie liegt: `syncmedic diagnose FILE`.
file-unavailable = Die Datei konnte nicht abgerufen werden
file-unavailable-more = { $why }. Nichts wurde gelesen.
file-unavailable-do = Noch einmal anhängen. Bleibt es so, findet der Betreiber von Syncmedic den Grund im Protokoll.
file-nowhere = Discord hat nicht gesagt, wo sie ist
cdn-foreign = ihre Adresse gehört keinem der Dateiserver von Discord
cdn-too-large = sie ist größer als angegeben
cdn-refused = der Dateiserver von Discord hat mit Status { $status } geantwortet
cdn-unreachable = der Dateiserver von Discord ist nicht erreichbar
file-unreadable = Diese Datei lässt sich nicht als Ereignisprotokoll lesen
file-no-guess = Warum nicht geraten wird
file-no-guess-more = Was fehlt, könnte gerade das sein, was gegen eine Abhilfe spricht; ein halbes Protokoll wird darum nicht beurteilt.
file-formats = Was gelesen werden kann
file-formats-more = `.evtx`; XML oder Text von `wevtutil qe`; JSON oder CSV von `Get-WinEvent`; Exporte der Ereignisanzeige; aus der Ereignisanzeige kopierter Text.
note-dates-missing = Ereignisse ohne lesbares Datum: { $count }; sie gelten als die neuesten.
note-dates-ambiguous = Manche Datumsangaben lassen sich als Tag/Monat oder als Monat/Tag lesen, und die Dateien sagen nicht, was gemeint ist.
note-clock-set-back = Die Uhr des Servers wurde zurückgestellt: Was zuletzt kam, sagen die Nummern der Einträge oder die Zeilen; Zeiten stehen hier, wie sie geschrieben wurden.
note-zone-missing = Manche Zeiten nennen keine Zeitzone und werden als UTC gelesen.
note-zones-mixed = Manche Zeiten nennen keine Zeitzone und werden als UTC gelesen. Andere nennen ihre: Die Reihenfolge der beiden kann falsch sein.
note-servers-many = Die Ereignisse stammen von mehr als einem Server und werden als ein Protokoll beurteilt.

## Warum eine Datei nicht als Protokoll zu lesen ist, und wo

fault-in-file = { $name }, { $place }: { $what }
fault-io = { $name } ist nicht lesbar: { $why }
place-beginning = am Anfang
place-header = im Kopf
place-end = am Ende
place-whole = in der ganzen Datei
place-line = Zeile { $number }
place-byte = Byte { $byte }
place-byte-after = Byte { $byte } (Ereignisse davor: { $events })
place-record = im Eintrag nach { $after } anderen
fault-empty = die Datei ist leer
fault-no-event = es wurde kein Ereignis darin gefunden
fault-no-event-yet = bis hierher wurde kein Ereignis gefunden
fault-no-event-for = in den letzten { $size } MiB wurde kein Ereignis gefunden
fault-packed = das ist { $what } und wird nicht gelesen: bitte entpacken, oder die Ereignisse als XML, JSON oder CSV exportieren
fault-binary = das ist kein Text und kein Protokoll im Format .evtx
fault-encodings = die Zeichenkodierung wechselt mitten in der Datei: bitte jede Datei für sich geben
fault-too-long = für ein Ereignis ist das zu lang
fault-line-too-long = für ein Ereignis ist die Zeile zu lang
fault-columns = es hat mehr Spalten als ein Ereignis
fault-other-table = hier beginnt eine weitere Tabelle mit anderen Spalten: bitte als eigene Datei geben
fault-quote-open = ein Text in Anführungszeichen hat kein Ende: die Datei ist abgeschnitten
fault-json = das ist kein JSON: { $why }
fault-xml = das ist kein XML: { $why }
fault-no-event-json = das ist kein JSON mit Ereignissen
fault-cut = es endet mittendrin: die Datei ist abgeschnitten
fault-cut-event = es endet mitten in einem Ereignis: die Datei ist abgeschnitten
fault-cut-chunk = es endet mitten in einem Abschnitt: die Datei ist abgeschnitten
fault-document-type = ein Dokumenttyp hat in einem Ereignisprotokoll nichts zu suchen
fault-comment = Ereignisse liegen in einem Kommentar
fault-deep = Elemente liegen tiefer als in jedem Ereignis
fault-stray = Text liegt außerhalb der Ereignisse
fault-endless = auf 16 MiB folgt kein Ereignis: das ist kein Protokoll von Windows
fault-too-large = es ist länger, als ein Protokoll von Windows sein kann

## Ein Verlauf in Worten

chart-title =
    Kennworthash-Synchronisierung in { $count ->
        [one] der letzten Stunde
       *[other] den letzten { $count } Stunden
    }
chart-span = { $title }, { $from } bis { $to } ({ $zone }).
chart-empty = Noch hat sich kein Synchronisierungsserver gemeldet.
chart-more = Nicht gezeigt: { $count } weitere.
chart-unknown = nichts bekannt
chart-hours-unknown = { $hours } h unbekannt
chart-silent = kein Lebenszeichen in { $hours } h
chart-alive = Lebenszeichen in { $alive } von { $hours } h, das letzte in der Stunde ab { $last }
chart-errors =
    { $count ->
        [one] { $count } Fehler
       *[other] { $count } Fehler
    }, die meisten ({ $most }) in der Stunde ab { $hour }
chart-no-errors = keine Fehler
