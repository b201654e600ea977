"""English."""

from __future__ import annotations

from typing import Final

from tui.demo.speech import Speech

ENGLISH: Final = Speech(
    code="en",
    countries=("IE", "SE", "DK", "FI", "GB", "CZ"),
    first_names=("Aoife", "Liam", "Saoirse", "Erik", "Mette", "Jonas", "Ciara", "Oliver", "Petra", "Tomáš"),
    last_names=("O'Sullivan", "Byrne", "Lindqvist", "Sørensen", "Korhonen", "Murphy", "Novák", "Taylor", "Åberg"),
    hello=("Hi,", "Hello,", "Dear Sir or Madam,", "Hi there,"),
    bye=("Kind regards", "Best", "Thanks", "Best wishes"),
    openings={
        "device_defect": "the {product} from order {order} started failing yesterday: the screen flickers and the "
        "lower "
        "edge no longer reacts to touch.\nI already did a factory reset, no luck. What are the next steps?",
        "battery": "the battery of my {product} lasts less than three hours, and the settings say 74% maximum "
        "capacity.\n"
        "The listing promised at least 80%. I would like a replacement or a partial refund.",
        "not_delivered": "tracking says the parcel for order {order} was delivered on Monday, but nothing arrived "
        "here. "
        "The neighbours have not seen it either.\nCould you please check with the carrier?",
        "return": "I would like to withdraw from the purchase and send the {product} back.\n"
        "Please send me a return label. I still have the original box.",
        "invoice": "I still miss the VAT invoice for my order {order}.\n"
        "Our accountant needs it by Friday. Thanks in advance!",
        "wrong_item": "I ordered the {product} but got a different one: another colour and less storage.\n"
        "Photos are attached. When can I expect the right one?",
        "activation_lock": "the {product} is still linked to the previous owner's account, so I can't get past the "
        "activation lock.\nThe IMEI is on the photo. I can't use it like this.",
        "buyback_offer": "after the inspection I was offered far less for my {product} than the website had said.\n"
        "There was not a single scratch on it. Please explain, or send it back to me.",
        "buyback_payout": "you have had my {product} for ten days, but the payout for {order} has not reached my "
        "account.\n"
        "When will it be paid?",
    },
    chases=(
        "is there any news on this? I have been waiting for several days now.",
        "here is the photo you asked for. The serial number is easy to read.",
        "I tried what you described, the problem is still there. Please replace the device.",
    ),
    answers=(
        "Hello {name},\nthank you for your message, and sorry for the trouble with your {product}.\n"
        "Could you send us a photo that shows the problem? We will then find a solution quickly.",
        "Hello {name},\nwe passed this on to our workshop and will get back to you by tomorrow at the latest.",
        "Hello {name},\nof course we take the {product} back. You will get the label right here; the refund follows "
        "within "
        "3 working days after it arrives.",
        "Hello {name},\nplease find the invoice for order {order} attached. Let us know if anything is missing.",
    ),
    thanks=(
        "thank you for the quick answer, that helps a lot!",
        "great, then all is settled for me. Thanks!",
        "thanks, I will try that tonight and let you know.",
    ),
    asks=(
        "thanks for getting back to me. How long will that take, and should I erase the device first?",
        "understood. Do I get a replacement in the meantime?",
        "do I have to pay for the shipping, or will you send a label?",
    ),
    mobile="Sent from my iPhone",
    wrote="On {date} at {time}, {who} wrote:",
    mail_words=("From", "Sent", "To", "Subject"),
    subject="RE: Your order {order}",
    disclaimer="This e-mail is confidential. If you are not the intended recipient, please notify the sender and "
    "delete "
    "it at once.",
    form_words=("Order number", "Device", "Message"),
)
