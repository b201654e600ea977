"""Spanish."""

from __future__ import annotations

from typing import Final

from tui.demo.speech import Speech

SPANISH: Final = Speech(
    code="es",
    countries=("ES",),
    first_names=("Lucía", "Íñigo", "Begoña", "Álvaro", "María José", "Nuria", "Joaquín", "Sergio", "Paula", "Andrés"),
    last_names=("García Núñez", "Ibáñez", "de la Peña", "Ortega", "Muñoz", "Castaño", "Vidal i Puig", "Serrano"),
    hello=("Hola:", "Buenos días:", "Estimados señores:", "Buenas tardes:"),
    bye=("Un saludo", "Gracias y saludos", "Atentamente", "Saludos cordiales"),
    openings={
        "device_defect": "el {product} del pedido {order} falla desde ayer: la pantalla parpadea y la parte de abajo "
        "ya no "
        "responde.\nYa lo he restablecido, sin éxito. ¿Cómo procedemos?",
        "battery": "la batería de mi {product} no dura ni tres horas y los ajustes indican un 74 % de capacidad.\n"
        "En el anuncio ponía un 80 % como mínimo. ¿Me lo cambian o me devuelven una parte?",
        "not_delivered": "según el seguimiento, el paquete del pedido {order} se entregó el lunes, pero aquí no ha "
        "llegado "
        "nada. Los vecinos tampoco lo tienen.\n¿Pueden comprobarlo con el transportista?",
        "return": "quiero ejercer mi derecho de desistimiento y devolver el {product}.\n"
        "Envíenme una etiqueta de devolución, por favor. Conservo la caja original.",
        "invoice": "sigo sin la factura con IVA de mi pedido {order}.\n"
        "La gestoría la necesita antes del viernes. ¡Gracias de antemano!",
        "wrong_item": "pedí el {product} y me ha llegado otro: distinto color y menos memoria.\n"
        "Adjunto fotos. ¿Cuándo recibiré el correcto?",
        "activation_lock": "el {product} sigue vinculado a la cuenta del dueño anterior y no paso del bloqueo de "
        "activación.\nEl IMEI está en la foto. Así no puedo usarlo.",
        "buyback_offer": "tras la revisión me ofrecen por mi {product} mucho menos que en la web.\n"
        "No tenía ni un arañazo. Explíquenmelo o devuélvanmelo.",
        "buyback_payout": "tienen mi {product} desde hace diez días y el pago de la venta {order} no ha llegado.\n"
        "¿Cuándo lo ingresan?",
    },
    chases=(
        "¿hay alguna novedad? Llevo varios días esperando respuesta.",
        "aquí está la foto que pedían. El número de serie se lee bien.",
        "he probado lo que me indicaron y el problema sigue. Cámbienme el dispositivo, por favor.",
    ),
    answers=(
        "Hola, {name}:\ngracias por su mensaje, y disculpe las molestias con su {product}.\n"
        "¿Podría enviarnos una foto del problema? Así encontraremos pronto una solución.",
        "Hola, {name}:\nhemos pasado el caso a nuestro taller y le responderemos mañana como muy tarde.",
        "Hola, {name}:\npor supuesto, aceptamos la devolución del {product}. La etiqueta le llega aquí mismo; el "
        "reembolso "
        "se hace en 3 días laborables tras recibirlo.",
        "Hola, {name}:\nadjuntamos la factura del pedido {order}. Escríbanos si falta algo.",
    ),
    thanks=(
        "¡gracias por la respuesta tan rápida, me ayuda mucho!",
        "perfecto, por mi parte está todo resuelto. ¡Gracias!",
        "gracias, lo pruebo esta noche y les cuento.",
    ),
    asks=(
        "gracias por contestar. ¿Cuánto tardará, y tengo que borrar antes el dispositivo?",
        "entendido. ¿Me dan un dispositivo de sustitución mientras tanto?",
        "¿pago yo los portes o me mandan una etiqueta?",
    ),
    mobile="Enviado desde mi iPhone",
    wrote="El {date} a las {time}, {who} escribió:",
    mail_words=("De", "Enviado", "Para", "Asunto"),
    subject="RE: Su pedido {order}",
    disclaimer="Este mensaje es confidencial. Si no es usted su destinatario, avise al remitente y elimínelo.",
    form_words=("Número de pedido", "Dispositivo", "Mensaje"),
)
