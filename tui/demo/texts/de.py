"""German."""

from __future__ import annotations

from typing import Final

from tui.demo.speech import Speech

GERMAN: Final = Speech(
    code="de",
    countries=("DE", "AT", "DE", "CH"),
    first_names=("Lena", "Jürgen", "Sophie", "Matthias", "Käthe", "Florian", "Annika", "Thomas", "Gülsen", "Stefan"),
    last_names=("Hofmann", "Müller-Lüdenscheidt", "Groß", "Wagner", "Öztürk", "Bauer", "Schäfer", "Neumann", "Pichler"),
    hello=("Guten Tag,", "Hallo,", "Sehr geehrte Damen und Herren,", "Hallo liebes Team,"),
    bye=("Mit freundlichen Grüßen", "Viele Grüße", "Beste Grüße", "LG"),
    openings={
        "device_defect": "das {product} aus der Bestellung {order} hat seit gestern einen Defekt: Der Bildschirm "
        "flackert "
        "und reagiert am unteren Rand nicht mehr.\nIch habe es schon zurückgesetzt, leider ohne Erfolg. Wie gehen wir "
        "vor?",
        "battery": "der Akku meines {product} hält keine drei Stunden, die Einstellungen zeigen nur 74 % Kapazität "
        "an.\n"
        "In der Beschreibung standen mindestens 80 %. Bitte um Austausch oder Teilerstattung.",
        "not_delivered": "laut Sendungsverfolgung wurde das Paket zur Bestellung {order} am Montag zugestellt, "
        "bei mir ist aber nichts angekommen. Auch die Nachbarn haben nichts angenommen.\nKönnen Sie das bitte prüfen?",
        "return": "ich möchte von meinem Widerrufsrecht Gebrauch machen und das {product} zurücksenden.\n"
        "Bitte schicken Sie mir ein Rücksendeetikett. Die Originalverpackung ist noch vorhanden.",
        "invoice": "zu meiner Bestellung {order} fehlt mir noch die Rechnung mit ausgewiesener Mehrwertsteuer.\n"
        "Ich brauche sie für die Buchhaltung bis Freitag. Vielen Dank im Voraus!",
        "wrong_item": "ich hatte das {product} bestellt, bekommen habe ich leider ein anderes Gerät (andere Farbe, "
        "weniger "
        "Speicher).\nFotos hängen an. Wann kann ich mit dem richtigen rechnen?",
        "activation_lock": "das {product} ist noch mit dem Konto des Vorbesitzers verknüpft, ich komme über die "
        "Aktivierungssperre nicht hinaus.\nIMEI steht auf dem angehängten Foto. So kann ich es nicht benutzen.",
        "buyback_offer": "für mein {product} wurde mir nach der Prüfung ein viel niedrigerer Preis angeboten als auf "
        "der "
        "Webseite.\nDas Gerät hatte keinen Kratzer. Bitte begründen Sie das oder senden Sie es zurück.",
        "buyback_payout": "mein {product} ist seit zehn Tagen bei Ihnen, die Auszahlung zum Ankauf {order} ist aber "
        "noch "
        "nicht auf meinem Konto.\nWann wird überwiesen?",
    },
    chases=(
        "gibt es hierzu schon etwas Neues? Ich warte jetzt seit mehreren Tagen auf eine Antwort.",
        "anbei noch das gewünschte Foto. Die Seriennummer ist gut zu erkennen.",
        "ich habe es wie beschrieben versucht, das Problem besteht weiterhin. Bitte tauschen Sie das Gerät aus.",
    ),
    answers=(
        "Guten Tag {name},\nvielen Dank für Ihre Nachricht und bitte entschuldigen Sie die Umstände mit Ihrem "
        "{product}.\n"
        "Könnten Sie uns bitte ein Foto schicken, auf dem das Problem zu sehen ist? Dann finden wir rasch eine Lösung.",
        "Guten Tag {name},\nwir haben den Fall an unsere Werkstatt gegeben und melden uns spätestens morgen bei Ihnen.",
        "Guten Tag {name},\nselbstverständlich nehmen wir das {product} zurück. Das Etikett erhalten Sie gleich hier "
        "im "
        "Gespräch; die Erstattung folgt innerhalb von 3 Werktagen nach Eingang.",
        "Guten Tag {name},\ndie Rechnung zur Bestellung {order} finden Sie im Anhang. Melden Sie sich gern, wenn noch "
        "etwas "
        "fehlt.",
    ),
    thanks=(
        "vielen Dank für die schnelle Antwort, das hilft mir sehr!",
        "super, dann ist für mich alles geklärt. Danke Ihnen!",
        "danke, ich probiere es heute Abend aus und melde mich.",
    ),
    asks=(
        "danke für die Rückmeldung. Wie lange dauert das ungefähr, und muss ich das Gerät vorher zurücksetzen?",
        "verstanden. Bekomme ich in der Zwischenzeit ein Ersatzgerät?",
        "muss ich das Porto selbst zahlen, oder schicken Sie ein Etikett?",
    ),
    mobile="Von meinem iPhone gesendet",
    wrote="Am {date} um {time} Uhr schrieb {who}:",
    mail_words=("Von", "Gesendet", "An", "Betreff"),
    subject="AW: Ihre Bestellung {order}",
    disclaimer="Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, "
    "informieren "
    "Sie bitte sofort den Absender und löschen Sie diese Mail.",
    form_words=("Bestellnummer", "Gerät", "Nachricht"),
)
