"""Polish."""

from __future__ import annotations

from typing import Final

from tui.demo.speech import Speech

POLISH: Final = Speech(
    code="pl",
    countries=("PL",),
    first_names=(
        "Agnieszka",
        "Łukasz",
        "Małgorzata",
        "Paweł",
        "Zofia",
        "Bartłomiej",
        "Żaneta",
        "Kamil",
        "Ewa",
        "Michał",
    ),
    last_names=("Kowalska-Wiśniewska", "Nowak", "Wójcik", "Dąbrowski", "Zając", "Kamiński", "Szczęsny", "Mazur"),
    hello=("Dzień dobry,", "Witam,", "Szanowni Państwo,", "Cześć,"),
    bye=("Pozdrawiam", "Z poważaniem", "Z góry dziękuję", "Serdecznie pozdrawiam"),
    openings={
        "device_defect": "{product} z zamówienia {order} od wczoraj nie działa prawidłowo: ekran migocze, a dolna "
        "krawędź nie "
        "reaguje na dotyk.\nPrzywróciłem ustawienia fabryczne, bez skutku. Co dalej?",
        "battery": "bateria w moim {product} nie wytrzymuje trzech godzin, a ustawienia pokazują 74% pojemności.\n"
        "W opisie było co najmniej 80%. Proszę o wymianę albo częściowy zwrot pieniędzy.",
        "not_delivered": "według śledzenia paczka z zamówienia {order} została doręczona w poniedziałek, ale nic nie "
        "dostałem. "
        "Sąsiedzi też nic nie odebrali.\nCzy mogą Państwo to sprawdzić u przewoźnika?",
        "return": "chcę odstąpić od umowy i zwrócić {product}.\n"
        "Proszę o etykietę zwrotną. Oryginalne pudełko nadal mam.",
        "invoice": "nadal brakuje mi faktury VAT do zamówienia {order}.\n"
        "Księgowość potrzebuje jej do piątku. Z góry dziękuję!",
        "wrong_item": "zamówiłem {product}, a przyszło inne urządzenie: inny kolor i mniej pamięci.\n"
        "Zdjęcia w załączniku. Kiedy dostanę właściwe?",
        "activation_lock": "{product} jest nadal połączony z kontem poprzedniego właściciela i nie mogę przejść "
        "blokady "
        "aktywacji.\nIMEI jest na zdjęciu. Tak nie da się go używać.",
        "buyback_offer": "po sprawdzeniu zaproponowano mi za {product} dużo mniej niż na stronie.\n"
        "Nie miał ani jednej rysy. Proszę o wyjaśnienie albo o odesłanie.",
        "buyback_payout": "mój {product} jest u Państwa od dziesięciu dni, a wypłata za {order} nie dotarła na konto.\n"
        "Kiedy będzie przelew?",
    },
    chases=(
        "czy coś już wiadomo? Od kilku dni czekam na odpowiedź.",
        "przesyłam zdjęcie, o które Państwo prosili. Numer seryjny jest czytelny.",
        "zrobiłem wszystko zgodnie z opisem, problem nie zniknął. Proszę o wymianę urządzenia.",
    ),
    answers=(
        "Dzień dobry {name},\ndziękujemy za wiadomość i przepraszamy za kłopot z {product}.\n"
        "Czy możemy prosić o zdjęcie, na którym widać usterkę? Szybko znajdziemy rozwiązanie.",
        "Dzień dobry {name},\nprzekazaliśmy sprawę do serwisu i odezwiemy się najpóźniej jutro.",
        "Dzień dobry {name},\noczywiście przyjmiemy zwrot {product}. Etykieta pojawi się tutaj; pieniądze zwrócimy w "
        "ciągu "
        "3 dni roboczych od otrzymania przesyłki.",
        "Dzień dobry {name},\nw załączniku faktura do zamówienia {order}. Proszę dać znać, jeśli czegoś brakuje.",
    ),
    thanks=(
        "dziękuję za szybką odpowiedź, bardzo mi to pomogło!",
        "świetnie, dla mnie wszystko jasne. Dziękuję!",
        "dzięki, spróbuję wieczorem i dam znać.",
    ),
    asks=(
        "dziękuję za odpowiedź. Ile to potrwa i czy muszę najpierw wyczyścić urządzenie?",
        "rozumiem. Czy w tym czasie dostanę urządzenie zastępcze?",
        "czy za przesyłkę płacę sam, czy przyślą Państwo etykietę?",
    ),
    mobile="Wysłane z iPhone'a",
    wrote="W dniu {date} o {time} {who} napisał(a):",
    mail_words=("Od", "Wysłano", "Do", "Temat"),
    subject="Odp: Zamówienie {order}",
    disclaimer="Ta wiadomość jest poufna. Jeśli nie są Państwo jej adresatem, proszę powiadomić nadawcę i ją usunąć.",
    form_words=("Numer zamówienia", "Urządzenie", "Wiadomość"),
)
