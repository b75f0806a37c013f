"""InsTag's parts written again, to compare with: the prompts, the reading of replies that are well-formed, and the names of tags."""
import json
import re

from nltk.stem.porter import PorterStemmer

VICUNA = ("A chat between a curious user and an artificial intelligence assistant. "
          "The assistant gives helpful, detailed, and polite answers to the user's questions. USER: {0} ASSISTANT:")
PROMPTS = {
    "instagger": "Please identify tags of user intentions in the following user query and provide an explanation for each tag. Please respond in the JSON "
                 "format {{\"tag\": str, \"explanation\": str}}.\nUser query: {0}",
    "instag": "You are a tagging system that provides useful tags for instruction intentions to distinguish instructions for a helpful AI assistant. Below "
              "is an instruction:\n[begin]\n{0}\n[end]\nPlease provide coarse-grained tags, such as \"Spelling and Grammar Check\" and \"Cosplay\", to "
              "identify main intentions of above instruction. Your answer should be a list including titles of tags and a brief explanation of each tag. "
              "Your response have to strictly follow this JSON format: [{{\"tag\": str, \"explanation\": str}}]. Please response in English.",
}
STEMMER = PorterStemmer(mode=PorterStemmer.ORIGINAL_ALGORITHM)


def normalized(name):
    return " ".join(STEMMER.stem(word) for word in re.findall(r"[^\W_]+", name.lower()))


def listed(line):
    """The tag of a line of a list, or None."""
    item = re.match(r"\s*(?:[-*•](?= )|\d+[.)])(.*)", line)
    name = re.split(r":| - | – | — ", item[1].strip())[0].strip("*_`\"' ") if item else ""
    return name if name and len(name.split(" ")) <= 8 else None


def is_tag(value):
    return isinstance(value, str) or isinstance(value, dict) and isinstance(value.get("tag"), str)


def names(reply):
    """The tags of a reply; None where it cannot be read. Of JSON that is damaged, only a last object that was cut short is read."""
    for place in re.finditer(r"[\[{]", reply):
        try:
            value = json.JSONDecoder().raw_decode(reply[place.start():])[0]
        except json.JSONDecodeError:
            continue
        if isinstance(value, list) and all(map(is_tag, value)):
            return [tag if isinstance(tag, str) else tag["tag"] for tag in value]
    objects = re.findall(r'\{\s*"tag"\s*:\s*"([^"\\]*)"\s*[,}]', reply)
    return objects or [tag for tag in map(listed, reply.split("\n")) if tag] or None


def row(replies):
    """(status, tags) of a row whose user turns were answered so; None: no reply for want of room."""
    found = []
    for reply in replies:
        if reply is None:
            return "text_too_long", []
        tags = names(reply)
        if tags is None:
            return "unreadable_reply", []
        found += map(normalized, tags)
    return "ok", [tag for tag in dict.fromkeys(found) if tag]
