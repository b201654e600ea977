"""Italian."""

from __future__ import annotations

from typing import Final

from tui.demo.speech import Speech

ITALIAN: Final = Speech(
    code="it",
    countries=("IT", "IT", "CH"),
    first_names=("Giulia", "Niccolò", "Chiara", "Lorenzo", "Beatrice", "Matteo", "Noemi", "Davide", "Elena", "Andrea"),
    last_names=("Rossi", "D'Angelo", "Esposito", "Bianchi", "Fabbri", "Lo Presti", "Conti", "Marchetti", "Galli"),
    hello=("Buongiorno,", "Salve,", "Gentile assistenza,", "Buonasera,"),
    bye=("Cordiali saluti", "Grazie e saluti", "Distinti saluti", "Un saluto"),
    openings={
        "device_defect": "il {product} dell'ordine {order} da ieri è difettoso: lo schermo sfarfalla e la parte bassa "
        "non "
        "risponde più al tocco.\nHo già fatto il ripristino, ma niente. Come procediamo?",
        "battery": "la batteria del mio {product} dura meno di tre ore e le impostazioni indicano una capacità del "
        "74%.\n"
        "Nell'annuncio era almeno l'80%. Chiedo la sostituzione o un rimborso parziale.",
        "not_delivered": "secondo il tracciamento il pacco dell'ordine {order} è stato consegnato lunedì, ma qui non è "
        "arrivato nulla, nemmeno dai vicini.\nPotete verificare con il corriere?",
        "return": "vorrei esercitare il diritto di recesso e restituire il {product}.\n"
        "Vi chiedo l'etichetta di reso. Ho ancora la confezione originale.",
        "invoice": "mi manca ancora la fattura con IVA dell'ordine {order}.\n"
        "Il commercialista la vuole entro venerdì. Grazie in anticipo!",
        "wrong_item": "avevo ordinato il {product}, ma ho ricevuto un altro dispositivo: colore diverso e meno "
        "memoria.\n"
        "Allego le foto. Quando arriva quello giusto?",
        "activation_lock": "il {product} è ancora collegato all'account del vecchio proprietario e non supero il "
        "blocco "
        "attivazione.\nL'IMEI è nella foto. Così è inutilizzabile.",
        "buyback_offer": "dopo il controllo mi è stato offerto per il mio {product} molto meno che sul sito.\n"
        "Non aveva nemmeno un graffio. Spiegatemi perché, oppure restituitemelo.",
        "buyback_payout": "avete il mio {product} da dieci giorni, ma il pagamento della vendita {order} non è "
        "arrivato.\n"
        "Quando sarà accreditato?",
    },
    chases=(
        "ci sono novità? Aspetto una risposta da diversi giorni.",
        "ecco la foto richiesta. Il numero di serie si legge bene.",
        "ho provato come descritto, ma il problema c'è ancora. Vi prego di sostituire il dispositivo.",
    ),
    answers=(
        "Buongiorno {name},\ngrazie per il messaggio, ci dispiace per il problema con il suo {product}.\n"
        "Potrebbe inviarci una foto che lo mostra? Troveremo presto una soluzione.",
        "Buongiorno {name},\nabbiamo passato il caso al laboratorio e le risponderemo entro domani.",
        "Buongiorno {name},\ncerto, ritiriamo il {product}. L'etichetta arriva qui nella conversazione; il rimborso "
        "segue "
        "entro 3 giorni lavorativi dal ricevimento.",
        "Buongiorno {name},\nin allegato trova la fattura dell'ordine {order}. Ci scriva se manca qualcosa.",
    ),
    thanks=(
        "grazie della risposta veloce, mi è molto utile!",
        "perfetto, per me è tutto risolto. Grazie!",
        "grazie, provo stasera e vi faccio sapere.",
    ),
    asks=(
        "grazie della risposta. Quanto ci vorrà, e devo prima cancellare il dispositivo?",
        "capito. Nel frattempo ricevo un dispositivo sostitutivo?",
        "la spedizione è a mio carico, oppure mandate un'etichetta?",
    ),
    mobile="Inviato da iPhone",
    wrote="Il giorno {date} alle ore {time} {who} ha scritto:",
    mail_words=("Da", "Inviato", "A", "Oggetto"),
    subject="R: Il suo ordine {order}",
    disclaimer="Questo messaggio è riservato. Se non ne siete il destinatario, avvisate il mittente e cancellatelo.",
    form_words=("Numero d'ordine", "Dispositivo", "Messaggio"),
)
