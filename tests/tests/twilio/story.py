# Drives Trunkline through Twilio's own library, unchanged but for the base address. Prints what it saw as one line of JSON.
import json, re, sys, time, urllib.request

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

base, account, token, service = sys.argv[1:]
seen = {}


def client_with(secret):
    client = Client(account, secret)
    client.verify.base_url = base + "/compat/twilio"
    client.lookups.base_url = base + "/compat/twilio"
    return client


def text_for(number):
    """The newest text that a phone of the sandbox got, as soon as it has one."""
    request = urllib.request.Request(
        f"{base}/sandbox/v1/phones/%2B{number[1:]}/messages", headers={"Authorization": "Bearer " + token}
    )
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with urllib.request.urlopen(request) as answer:
            body = json.load(answer)
        texts = [item["text"] for item in (body["items"] if isinstance(body, dict) else body) if item.get("text")]
        if texts:
            return texts[0]
        time.sleep(0.05)
    raise SystemExit("the phone got nothing")


def trouble(call):
    try:
        call()
    except TwilioRestException as error:
        return [error.status, error.code]
    return "no trouble"


client = client_with(token)
verify = client.verify.v2.services(service)
seen["service"] = verify.fetch().friendly_name

first = "+358401230001"
sent = verify.verifications.create(to=first, channel="sms", locale="en")
seen["sent"] = [sent.status, sent.valid, sent.to, sent.channel, len(sent.send_code_attempts)]
seen["fetched"] = [verify.verifications(sent.sid).fetch().status, verify.verifications(first).fetch().sid == sent.sid]
code = re.match(r"\d+", text_for(first)).group()
wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
checked = verify.verification_checks.create(to=first, code=wrong)
seen["wrong"] = [checked.status, checked.valid]
checked = verify.verification_checks.create(to=first, code=code)
seen["right"] = [checked.status, checked.valid, checked.sid == sent.sid]
seen["again"] = trouble(lambda: verify.verification_checks.create(to=first, code=code))
seen["over"] = trouble(lambda: verify.verifications(sent.sid).fetch())

second = "+358401230002"
sent = verify.verifications.create(to=second, channel="call")
code = re.sub(r"\D", "", text_for(second).split(" is your code")[0])
wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
guesses = [verify.verification_checks.create(verification_sid=sent.sid, code=wrong) for _ in range(5)]
seen["five"] = [[guess.status, guess.valid] for guess in guesses]
seen["sixth"] = trouble(lambda: verify.verification_checks.create(verification_sid=sent.sid, code=code))
seen["too soon"] = trouble(lambda: verify.verifications.create(to=second, channel="sms"))

third = "+358401230003"
sent = verify.verifications.create(to=third, channel="whatsapp")
seen["canceled"] = verify.verifications(sent.sid).update(status="canceled").status
seen["after cancel"] = trouble(lambda: verify.verification_checks.create(to=third, code="123456"))

seen["bad number"] = trouble(lambda: verify.verifications.create(to="+12", channel="sms"))
seen["bad channel"] = trouble(lambda: verify.verifications.create(to=third, channel="pigeon"))
seen["own code"] = trouble(lambda: verify.verifications.create(to=third, channel="sms", custom_code="123456"))
seen["landline"] = trouble(lambda: verify.verifications.create(to="+358941234567", channel="sms"))
seen["nobody's"] = trouble(lambda: client.verify.v2.services("VA" + "0" * 32).verifications.create(to=third, channel="sms"))
seen["stranger"] = trouble(lambda: client_with("tlk_wrong").verify.v2.services(service).fetch())

found = client.lookups.v2.phone_numbers(first).fetch(fields="line_type_intelligence")
seen["lookup"] = [found.valid, found.country_code, found.national_format, found.line_type_intelligence["type"]]
found = client.lookups.v2.phone_numbers("+12125").fetch()
seen["lookup of nothing"] = [found.valid, found.validation_errors]
print(json.dumps(seen))
