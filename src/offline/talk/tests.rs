use super::*;

#[track_caller]
fn all(said: &[&str], harmless: bool) {
    for said in said {
        assert_eq!(is_harmless(said, &[655]), harmless, "{said}");
    }
}

#[test]
fn greetings_questions_and_complaints_say_nothing_against_a_remedy() {
    all(
        &[
            "Hi Max,\nsince this morning our users can't sign in with their new password. Any ideas?\nThanks, Helen Marsh",
            "Passwords do not arrive in the cloud, see below:",
            "Nobody can log on to Teams with the new password; the old one still works? No clue why.",
            "Login with the new password fails (ticket INC0048213, SYNC01.contoso.com).",
            "FW: Password sync error on SYNC01",
            "What does event 655 mean, and what can we do?",
            "Hallo zusammen,\nunsere Benutzer können sich seit heute früh nicht anmelden. Was tun?\nGruß, Jörg",
            "Bonjour,\ndepuis ce matin les utilisateurs ne peuvent pas se connecter. Que faire ?\nCordialement,\nLuc Martin",
            "Hola, los usuarios no pueden entrar con la contraseña nueva desde ayer. ¿Qué hacemos? Gracias",
            "Ciao a tutti, gli utenti non riescono ad accedere con la password nuova. Cosa facciamo?",
            "Cześć, użytkownicy nie mogą się zalogować. Co robimy?",
            "Beste collega's, gebruikers kunnen niet inloggen. Wat nu?\nMet vriendelijke groet",
            "Hallo zusammen,\nanbei die Ereignisse vom AAD-Connect-Server, wie telefonisch besprochen:",
            "anbei der Auszug aus der Ereignisanzeige unseres Servers",
            "Hola, adjunto los eventos del servidor de sincronización",
            "Voici ce que je trouve dans l'observateur d'événements :",
            "Hierbij de gebeurtenissen van onze server, zoals besproken",
            "W załączniku zdarzenia z serwera synchronizacji",
            "Hola, os paso lo que aparece en el visor de eventos del servidor de sincronización",
            "Hej, her er loggen fra synkserveren:\nMvh",
            "Hej, här loggen från synkservern. Tack!",
            "Добрый день, вот события с сервера синхронизации. С уважением, Анна",
            "Dobrý den, v příloze události ze serveru.",
            "Merhaba, ekte sunucudan olaylar",
        ],
        true,
    );
}

#[test]
fn a_sentence_that_may_say_it_is_over_or_elsewhere_is_never_harmless() {
    all(
        &[
            "Max switched it on at 10:15.",
            "It is in sync.",
            "It does sync.",
            "We are in sync with the following server.",
            "We do sync from the following server.",
            "We have sync.",
            "La sincronización va.",
            "Tenemos sincronización.",
            "Temos sincronização.",
            "Nous avons vu la synchronisation.",
            "Máme synchronizace.",
            "Passwords arrive since 10:30",
            "We can sign in.",
            "No sign-in errors since 11:00.",
            "Nothing fails since 11:00.",
            "Nobody can't sign in.",
            "We do not see this.",
            "Nobody can say why, but it stopped at 10:30 by itself.",
            "Errors stopped at noon, can I close the ticket?",
            "From our lab tenant, for comparison:",
            "This is our passive server, cannot tell why it logs this:",
            "lab tenant:",
            "Häkchen gesetzt.",
            "Coche remise, merci.",
            "Danke, hat sich:",
            "Please help: our security team demanded that PHS stays off",
            "Seit 11 Uhr kann ich den Fehler nicht mehr sehen.",
            "Password hash sync: On",
            "Thanks, it is on!",
            "Hi Max, box set at 10:15, could you verify please?",
            "works.Thanks",
            "Thanks ✅",
            "AAD Connect 1.6.16.0:",
            "DirSync 1.0.7020:",
            "https://learn.microsoft.com/troubleshoot",
            "event 654 at 10:20",
            "Status: OK",
            "x",
        ],
        false,
    );
}

#[test]
fn what_commands_print_is_harmless_only_where_it_goes_along_with_code_90() {
    all(
        &[
            "PS C:\\> Get-ADSyncScheduler\n\nStagingModeEnabled : False\nSyncCycleEnabled   : True\nNextSyncCyclePolicyType : Delta",
            "PS C:\\> Get-Service ADSync\n\nStatus   Name               DisplayName\n------   ----               -----------\nRunning  ADSync             Microsoft Azure AD Sync",
            "PasswordHashSync\n----------------\n           False",
        ],
        true,
    );
    all(
        &[
            "StagingModeEnabled : True",
            "PasswordHashSync\n----------------\n            True",
            "Stopped  ADSync             Microsoft Azure AD Sync",
            "Latest Password Hash Synchronization Heartbeat Is Detected At: 11/22/2026 10:20:04 AM UTC",
            "PS C:\\> Set-ADSyncAADPasswordSyncState -ConnectorName x -Enable $true",
            "adm@SYNC01 C:\\Users\\adm>sc delete ADSync",
            "C:\\>wevtutil cl Application",
        ],
        false,
    );
}

#[test]
fn a_field_that_no_event_of_windows_has_must_be_harmless_in_name_and_value() {
    for (name, value) in [
        ("Keywords", "Classic"),
        ("Version", "0"),
        ("ticketNumber", "INC0048213"),
        ("Comment", "users can't sign in"),
        ("Note", ""),
    ] {
        assert_eq!(of_field(name, value), None, "{name}: {value}");
    }
    for (name, value) in [
        ("Version", "2.3.20.0"),
        ("resolvedAt", "2026-11-22T10:30:00Z"),
        ("StagingModeEnabled", "true"),
        ("Product", "DirSync"),
        ("Done", "x"),
        ("Comment", "old server"),
        ("Comment", "false alarm"),
    ] {
        assert!(of_field(name, value).is_some(), "{name}: {value}");
    }
}

#[test]
fn below_thanks_only_what_is_known_to_be_a_name_is_one() {
    all(
        &[
            "Thanks, Helen Marsh",
            "Kind regards\nDana Novak",
            "Kind regards,\nJ. Keller",
            "Viele Grüße\nJörg von der Heide",
            "Cordialement\nMme Dupont",
            "Hi Lee",
            "Sehr geehrter Herr Müller",
            "Pozdrawiam\nZofia",
        ],
        true,
    );
    for said in [
        "Gracias\nFunciona",
        "Merci\nTout Fonctionne",
        "Danke, Geht.",
        "Danke, Hat Geholfen",
        "Thanks, Nevermind",
        "Thanks,\nForget It",
        "Thanks\nBack",
        "Thanks, Up",
        "Thanks\nNot Reproducible",
        "Thanks\nDuplicate",
        "Dziękuję, Działa",
        "Bedankt\nWerkt",
        "Tak\nVirker",
        "Tack\nFungerar",
        "Děkuji\nFunguje",
        "Спасибо\nЗаработало",
        "Teşekkürler\nÇalışıyor",
        "Obrigado\nFuncionou",
        "Grazie\nFunziona",
        "Hi All Clear",
        "Hello Wrong Tenant",
        "Thanks, Will Close",
        "Thanks, Max Fixed",
        "Thanks\nStudent",
    ] {
        assert!(!is_harmless(said, &[655]), "{said}");
    }
}

#[test]
fn a_signature_tells_what_somebody_is_and_how_to_reach_them_and_nothing_else() {
    all(
        &[
            "Kind regards\nDana Novak\nIT Service Desk",
            "Regards\nDana Novak\nSystems Administrator | Contoso Ltd.\nTel. +49 30 1234567\ndana@contoso.com",
            "Gruß\nMax\nAbteilung IT-Infrastruktur, Teamleiter",
            "Sent from my iPhone",
            "Thanks\nDana\n\nGet Outlook for Android <https://aka.ms/AAb9ysg>",
        ],
        true,
    );
    all(
        &[
            "Regards\nDana Novak\nPOC Tenant",
            "Best\nLee Fischer\nVirtual Machine Snapshot",
            "Regards\nLee Fischer\nUpdate",
            "Regards\nDana Novak\nTest Engineer",
            "Dana Novak\nIT Service Desk, fixed",
            "Sent from the old server",
        ],
        false,
    );
}

#[test]
fn what_was_so_or_an_alert_that_is_no_fault_is_not_harmless() {
    all(
        &[
            "passwords did not sync yesterday",
            "Passwords did not arrive last night.",
            "Severity: Information",
            "Level: Information",
            "Last modified by: Auto-resolve",
            "Start: 26.11.2026 09:40\nEnd: 26.11.2026 10:10",
            ":white_check_mark: password sync is broken",
        ],
        false,
    );
    all(
        &[
            "passwords do not sync since yesterday",
            "Severity: Error",
            "Last modified by: System",
            ":rotating_light: password sync is broken again",
            "State: New",
            "seit heute Morgen können sich Benutzer nach einer Kennwortänderung nicht mehr anmelden. Im Ereignisprotokoll vom AD-Connect-Server steht:",
            "UserWriteback : False\nPasswordHashSync : False",
        ],
        true,
    );
    all(&["PasswordHashSync : True"], false);
}

#[test]
fn who_names_another_server_than_the_logs_is_heard() {
    for said in [
        "sync is broken on SYNC02",
        "here is the error from SYNC02",
        "Host: SYNC02",
        "Fehler auf SYNC02",
        "SYNC02",
    ] {
        assert!(unknown(said, &[655], Some("SYNC01")).is_some(), "{said}");
        assert_eq!(unknown(&said.replace("02", "01"), &[655], Some("SYNC01")), None, "{said}");
        assert_eq!(unknown(said, &[655], None), None, "{said}");
    }
    let said = "Users cannot sign in to office365 (ticket INC0048213), from sync01.contoso.com";
    assert_eq!(unknown(said, &[655], Some("SYNC01")), None);
}
