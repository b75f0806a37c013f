"""Renders chat templates as transformers' apply_chat_template does: the same sandbox, settings and extra functions.

They come with models from the internet, so they are never run outside the sandbox.
"""

import datetime
import json

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

DATE = datetime.datetime(2024, 7, 26)  # what strftime_now knows as today: Llama's own default


class CannotExpress(Exception):
    """Why a chat template is not fixed texts around messages."""


class _Generation(jinja2.ext.Extension):
    """{% generation %} marks an answer for training and writes nothing."""

    tags = {"generation"}

    def parse(self, parser):
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def renderer(template_text, special_tokens, date=DATE):
    """A function from messages (role, text) to the rendered text, or None where the template raises. Settings as transformers'."""

    def raise_exception(message):
        raise jinja2.TemplateError(message)

    def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = date.strftime
    try:
        template = environment.from_string(template_text)
    except jinja2.TemplateError as error:
        raise CannotExpress(f"it is not valid Jinja ({error})") from error

    def render(messages, add_generation_prompt=False):
        try:
            return template.render(
                messages=[{"role": role, "content": text} for role, text in messages],
                tools=None,
                documents=None,
                add_generation_prompt=add_generation_prompt,
                **special_tokens,
            )
        except (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return None

    return render
