"""Pages that consist of one form, which posts itself or waits for a press of its button."""

import re
from html import escape, unescape
from urllib.parse import urlencode, urljoin


def page(action, fields):
    """What a provider answers with where response_mode is form_post."""
    inputs = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(v)}">' for name, v in fields.items())
    return f'<form method="post" action="{escape(action)}">{inputs}</form><script>document.forms[0].submit()</script>'


def attributes(tag):
    return {name: unescape(value) for name, value in re.findall(r'([a-z]+)="([^"]*)"', tag)}


def form_of(answer):
    """Where the form of this page is posted to, and its fields."""
    form = attributes(re.search(r"<form [^>]*>", answer.text)[0])
    assert form["method"] == "post"
    inputs = [attributes(tag) for tag in re.findall(r"<input [^>]*>", answer.text)]
    fields = [(one["name"], one.get("value", "")) for one in inputs]
    assert len(dict(fields)) == len(fields), "a field is there twice"
    return urljoin(answer.url, form["action"]), dict(fields)


def post(browser, url, fields, **request):
    """As a form of the page `initiator`."""
    return browser.open(url, method="POST", body=urlencode(fields).encode(), **request)


def submit(browser, answer, follow=True, **more):
    """What the page's script, or its button, does. `more`: fields that replace or add to its own."""
    url, fields = form_of(answer)
    return post(browser, url, {**fields, **more}, initiator=answer.url, follow=follow)
