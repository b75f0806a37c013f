"""docs/filters.md restated plainly as an oracle: Python's own grammar, math module, and numpy over the rows; slow and obvious.

`values("abs(a - mean(a)) <= 2", {"a": [1.0, None]})` gives one number per row, 0.0 or 1.0 for a condition, None where it is undefined.
Of the language it does not read `c ? a : b`, which Python writes `a if c else b` and this module understands.
"""

import ast
import math
import re

import numpy as np

AGGREGATES = {
    "mean": lambda x: math.fsum(x) / len(x),
    "std": lambda x: math.sqrt(math.fsum((v - AGGREGATES["mean"](x)) * (v - AGGREGATES["mean"](x)) for v in x) / len(x)),
    "median": lambda x: float(np.median(x)),
    "lowest": min,
    "highest": max,
}
OF_THE_ROW = {"abs": abs, "sqrt": math.sqrt, "log": math.log, "exp": math.exp, "floor": math.floor, "ceil": math.ceil,
              "round": round, "min": min, "max": max}
BINARY = {ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b, ast.Div: lambda a, b: a / b,
          ast.Pow: math.pow}
COMPARISON = {ast.Lt: lambda a, b: a < b, ast.LtE: lambda a, b: a <= b, ast.Gt: lambda a, b: a > b, ast.GtE: lambda a, b: a >= b,
              ast.Eq: lambda a, b: a == b, ast.NotEq: lambda a, b: a != b}


def strict(operation, *operands):
    """Undefined where an operand is, or where the result is no finite number."""
    if any(each is None for each in operands):
        return None
    try:
        result = float(operation(*operands))
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
    return result if math.isfinite(result) else None


class Evaluation:
    def __init__(self, columns, rows):
        self.columns = columns
        self.rows = rows
        self.aggregates = {}

    def names_of(self, node):
        """Names outside aggregates."""
        if isinstance(node, ast.Call) and (node.func.id in AGGREGATES or node.func.id == "quantile"):
            return []
        if isinstance(node, (ast.Name, ast.Attribute)):
            return [ast.unparse(node)]
        children = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
        return [name for child in children for name in self.names_of(child)]

    def column(self, node):
        names = self.names_of(node)
        return [None if any(self.columns[name][row] is None for name in names) else self.at(node, row) for row in range(self.rows)]

    def aggregate(self, node):
        key = ast.dump(node)
        if key not in self.aggregates:
            x = [value for value in self.column(node.args[0]) if value is not None]
            if not x:
                value = None
            elif node.func.id == "quantile":
                value = strict(np.quantile, x, node.args[1].value)
            else:
                value = strict(AGGREGATES[node.func.id], x)
            self.aggregates[key] = value
        return self.aggregates[key]

    def at(self, node, row):
        match node:
            case ast.Constant():
                return float(node.value)
            case ast.Name() | ast.Attribute():
                return self.columns[ast.unparse(node)][row]
            case ast.UnaryOp(op=ast.Not()):
                return strict(lambda a: not a, self.at(node.operand, row))
            case ast.UnaryOp(op=ast.USub()):
                return strict(lambda a: -a, self.at(node.operand, row))
            case ast.UnaryOp(op=ast.UAdd()):
                return self.at(node.operand, row)
            case ast.BinOp():
                return strict(BINARY[type(node.op)], self.at(node.left, row), self.at(node.right, row))
            case ast.Compare():
                return strict(COMPARISON[type(node.ops[0])], self.at(node.left, row), self.at(node.comparators[0], row))
            case ast.BoolOp():
                operation = all if isinstance(node.op, ast.And) else any
                return strict(lambda *all_of: operation(all_of), *(self.at(each, row) for each in node.values))
            case ast.IfExp():
                condition = self.at(node.test, row)
                return None if condition is None else self.at(node.body if condition else node.orelse, row)
            case ast.Call():
                if node.func.id in AGGREGATES or node.func.id == "quantile":
                    return self.aggregate(node)
                return strict(OF_THE_ROW[node.func.id], *(self.at(each, row) for each in node.args))
        raise ValueError(ast.dump(node))


def values(text, columns):
    python = text.replace("&&", " and ").replace("||", " or ").replace("^", "**")
    python = re.sub(r"!(?!=)", " not ", python)
    rows = len(next(iter(columns.values())))
    return Evaluation(columns, rows).column(ast.parse(python.strip(), mode="eval").body)
