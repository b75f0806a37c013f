"""Random expressions over columns with undefined values: winnow's values are those of the Python transcription, to the bit; and exact
sums are those of math.fsum."""

import json
import math
import random
import subprocess
import sys

import expression_transcription

ROWS = 60
NUMBERS = ["0", "1", "2", "0.5", "3.25", "1e-3", "100"]
NAMES = ["ifd_ppl", "words", "minilm.rating", "a"]


def columns(chance):
    def cells(draw):
        return [None if chance.random() < 0.1 else draw() for _ in range(ROWS)]

    return {
        "ifd_ppl": cells(lambda: chance.uniform(0, 2)),
        "words": cells(lambda: float(chance.randrange(0, 300))),
        "minilm.rating": cells(lambda: chance.uniform(-1, 1) * 10.0 ** chance.randrange(-12, 12)),
        "a": cells(lambda: float(chance.randrange(-3, 4))),
    }


class Writer:
    """The same random expression in winnow's words and in Python's."""

    def __init__(self, chance):
        self.chance = chance

    def pick(self, *makers):
        return self.chance.choice(makers)()

    def number(self, depth, may_aggregate=True):
        def again():
            return self.number(depth - 1, may_aggregate)

        if depth == 0:
            word = self.chance.choice(NUMBERS + NAMES * 3)
            return word, word

        def binary():
            (a, pa), (b, pb), sign = again(), again(), self.chance.choice("+-*/^")
            return f"{a} {sign} {b}", f"{pa} {sign.replace('^', '**')} {pb}"

        def in_parentheses():
            a, pa = again()
            return f"({a})", f"({pa})"

        def negative():
            a, pa = again()
            return f"-{a}", f"-{pa}"

        def function():
            (a, pa), name = again(), self.chance.choice(["abs", "sqrt", "log", "exp", "floor", "ceil", "round"])
            return f"{name}({a})", f"{name}({pa})"

        def of_several():
            parts = [again() for _ in range(self.chance.randrange(2, 4))]
            name = self.chance.choice(["min", "max"])
            return tuple(f"{name}({', '.join(words)})" for words in zip(*parts, strict=True))

        def choice():
            (c, pc), (a, pa), (b, pb) = self.condition(depth - 1, may_aggregate), again(), again()
            return f"({c} ? {a} : {b})", f"(({pa}) if ({pc}) else ({pb}))"

        def aggregate():
            if not may_aggregate:
                return again()
            a, pa = self.number(depth - 1, False)
            name = self.chance.choice(["mean", "std", "median", "lowest", "highest", "quantile"])
            share = f", {self.chance.choice(['0', '0.1', '0.25', '0.333', '0.9', '1'])}" if name == "quantile" else ""
            return f"{name}({a}{share})", f"{name}({pa}{share})"

        return self.pick(binary, binary, binary, in_parentheses, negative, function, of_several, choice, aggregate)

    def condition(self, depth, may_aggregate=True):
        def comparison():
            (a, pa), (b, pb) = (self.number(max(0, depth - 1), may_aggregate) for _ in range(2))
            sign = self.chance.choice(["<", "<=", ">", ">=", "==", "!="])
            return f"{a} {sign} {b}", f"{pa} {sign} {pb}"

        if depth == 0:
            return comparison()

        def joined():
            (a, pa), (b, pb) = (self.condition(depth - 1, may_aggregate) for _ in range(2))
            word = self.chance.choice(["and", "or"])
            ours = self.chance.choice([word, {"and": "&&", "or": "||"}[word]])
            return f"{a} {ours} {b}", f"{pa} {word} {pb}"

        def negated():
            a, pa = self.condition(depth - 1, may_aggregate)
            return f"{self.chance.choice(['not ', '!'])}({a})", f"not ({pa})"

        return self.pick(comparison, joined, joined, negated)


def sums(chance):
    lists = [[], [0.1] * 10, [1e308, 1e308, -1e308], [5e-324] * 3]
    for _ in range(200):
        spread = chance.choice([1, 30, 300])
        terms = [chance.uniform(-1, 1) * 10.0 ** chance.randint(-spread, min(spread, 290)) for _ in range(chance.randrange(1, 100))]
        lists.append(terms + [-term for term in terms[: chance.randrange(len(terms))]])
    return lists


def main():
    chance = random.Random(5)
    table, writer = columns(chance), Writer(chance)
    cases = []
    for i in range(1500):
        depth = chance.randrange(0, 5)
        is_condition = i % 2 == 0
        ours, python = writer.condition(depth) if is_condition else writer.number(depth)
        cases.append((ours, python, is_condition))
    exact = sums(chance)
    request = {"columns": table, "expressions": [{"text": text, "is_condition": kind} for text, _, kind in cases], "sums": exact}
    run = subprocess.run([sys.argv[1]], input=json.dumps(request), capture_output=True, text=True, check=True)
    answer = json.loads(run.stdout)
    undefined = 0
    for (text, python, _), ours in zip(cases, answer["values"], strict=True):
        expected = expression_transcription.values(python, table)
        assert ours == expected, (text, [pair for pair in zip(ours, expected, strict=True) if pair[0] != pair[1]][:3])
        undefined += expected.count(None)
    for terms, ours in zip(exact, answer["sums"], strict=True):
        try:
            assert ours == math.fsum(terms), (terms, ours, math.fsum(terms))
        except OverflowError:
            continue  # of fsum, in an intermediate sum
    total = len(cases) * ROWS
    assert 0.05 * total < undefined < 0.95 * total, undefined
    print(f"{len(cases)} expressions on {ROWS} rows, {undefined} of {total} values undefined; {len(exact)} sums: the same bits")


if __name__ == "__main__":
    main()
