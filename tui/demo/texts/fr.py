"""French."""

from __future__ import annotations

from typing import Final

from tui.demo.speech import Speech

FRENCH: Final = Speech(
    code="fr",
    countries=("FR", "BE", "FR", "LU"),
    first_names=("Chloé", "François", "Maëlle", "Benoît", "Inès", "Léo", "Amélie", "Jérôme", "Zoé", "Anaïs"),
    last_names=("Lefèvre", "Dubois", "Garçon", "Moreau", "N'Guyen", "Béranger", "Peeters", "Rousseau", "Dumont"),
    hello=("Bonjour,", "Bonjour Madame, Monsieur,", "Bonsoir,", "Bonjour à tous,"),
    bye=("Cordialement", "Bien à vous", "Merci d'avance", "Sincères salutations"),
    openings={
        "device_defect": "le {product} de la commande {order} est en panne depuis hier : l'écran scintille et le bas "
        "ne "
        "répond plus.\nJe l'ai déjà réinitialisé, sans succès. Que dois-je faire ?",
        "battery": "la batterie de mon {product} tient moins de trois heures, et les réglages affichent 74 % de "
        "capacité.\n"
        "L'annonce promettait au moins 80 %. Je souhaite un échange ou un remboursement partiel.",
        "not_delivered": "d'après le suivi, le colis de la commande {order} a été livré lundi, mais je n'ai rien reçu. "
        "Les "
        "voisins non plus.\nPouvez-vous vérifier auprès du transporteur ?",
        "return": "je souhaite me rétracter et renvoyer le {product}.\n"
        "Merci de m'envoyer une étiquette de retour. J'ai encore la boîte d'origine.",
        "invoice": "il me manque toujours la facture avec TVA de ma commande {order}.\n"
        "Notre comptable en a besoin avant vendredi. Merci d'avance !",
        "wrong_item": "j'avais commandé le {product}, mais j'ai reçu un autre appareil : autre couleur, moins de "
        "mémoire.\n"
        "Photos ci-jointes. Quand recevrai-je le bon ?",
        "activation_lock": "le {product} est encore lié au compte de l'ancien propriétaire, je reste bloqué au "
        "verrouillage "
        "d'activation.\nL'IMEI est sur la photo. Il est inutilisable ainsi.",
        "buyback_offer": "après l'inspection, on me propose pour mon {product} bien moins que sur le site.\n"
        "Il n'avait aucune rayure. Merci d'expliquer, ou de me le renvoyer.",
        "buyback_payout": "vous avez mon {product} depuis dix jours, mais le paiement du rachat {order} n'est pas "
        "arrivé.\n"
        "Quand sera-t-il versé ?",
    },
    chases=(
        "avez-vous des nouvelles ? J'attends une réponse depuis plusieurs jours.",
        "voici la photo demandée. Le numéro de série est bien lisible.",
        "j'ai essayé ce que vous avez décrit, le problème persiste. Merci d'échanger l'appareil.",
    ),
    answers=(
        "Bonjour {name},\nmerci pour votre message, et toutes nos excuses pour ce souci avec votre {product}.\n"
        "Pourriez-vous nous envoyer une photo du problème ? Nous trouverons vite une solution.",
        "Bonjour {name},\nnous avons transmis le dossier à notre atelier et revenons vers vous demain au plus tard.",
        "Bonjour {name},\nbien sûr, nous reprenons le {product}. L'étiquette arrive ici même ; le remboursement suit "
        "sous "
        "3 jours ouvrés après réception.",
        "Bonjour {name},\nvous trouverez ci-joint la facture de la commande {order}. Dites-nous s'il manque quelque "
        "chose.",
    ),
    thanks=(
        "merci pour votre réponse rapide, cela m'aide beaucoup !",
        "parfait, tout est réglé pour moi. Merci !",
        "merci, j'essaie ce soir et je vous tiens au courant.",
    ),
    asks=(
        "merci pour votre retour. Combien de temps cela prendra-t-il, et dois-je effacer l'appareil avant ?",
        "compris. Aurai-je un appareil de remplacement en attendant ?",
        "dois-je payer le port, ou m'envoyez-vous une étiquette ?",
    ),
    mobile="Envoyé de mon iPhone",
    wrote="Le {date} à {time}, {who} a écrit :",
    mail_words=("De", "Envoyé", "À", "Objet"),
    subject="RE: Votre commande {order}",
    disclaimer="Ce message est confidentiel. Si vous n'en êtes pas le destinataire, merci d'en avertir l'expéditeur et "
    "de "
    "le supprimer.",
    form_words=("Numéro de commande", "Appareil", "Message"),
)
