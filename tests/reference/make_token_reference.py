#!/usr/bin/env python3
"""Makes token_ids.json beside it, with Hugging Face's transformers 4.46.3 and sentencepiece 0.2.3:
  plots    for each tokenizer of shared/fixtures/backbones a SHA-256 of the ids of every 50 plots of
           shared/data/movies (train, dev, test), a line "id id ...\\n" each, special tokens included
  texts    hostile Unicode from a fixed seed
  ids      for each tokenizer the ids of those texts
roberta, distilbert and electra are the fast tokenizers. albert is the slow one, whose way of preparing
text is the published one. xlm-roberta is the fast one, where Google's library agrees with it: it takes
U+0085 for white space, which the model's own rules do not, and its rules work by grapheme clusters;
texts on which the two differ are left out (of no other tokenizer any).

Usage: pip install transformers==4.46.3 sentencepiece==0.2.3 protobuf
       tests/reference/make_token_reference.py SHARED
"""
import hashlib
import json
import pathlib
import random
import sys

import sentencepiece
from transformers import AlbertTokenizer, BertTokenizerFast, RobertaTokenizerFast, XLMRobertaTokenizerFast

shared = pathlib.Path(sys.argv[1])
folder = shared / "fixtures/backbones"
plots = [json.loads(line)["synopsis"] for split in ("train", "dev", "test")
         for line in open(shared / f"data/movies/{split}.jsonl")]

random.seed(7)
RANGES = [(0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700), (0x900, 0xA00), (0xE00, 0xE80),
          (0x1100, 0x1200), (0x1E00, 0x2070), (0x2070, 0x2C00), (0x3000, 0x3100), (0x4E00, 0x4F00),
          (0xAC00, 0xAE00), (0xFB00, 0xFFF0), (0x10400, 0x10450), (0x1D400, 0x1D800), (0x1F300, 0x1F700)]
SEPARATORS = [" "] * 12 + ["", "", "  ", "\t", "\n", " \n", "\u00a0", "\u3000", "\u2028", "\x85", "\x1c",
                           "\u200b", "\r\n", "\x00", "\u200d", "''", "``", "'s", "'ll", "9,9", "1,000", "\u03a3 "]


def word():
    if random.random() < 0.5:
        letters = "abcdefghijklmnopqrstuvwxyzABC'\".,;:!?0123456789"
        return "".join(random.choice(letters) for _ in range(random.randint(1, 9)))
    first, last = random.choice(RANGES)
    return "".join(chr(random.randrange(first, last)) for _ in range(random.randint(1, 5)))


texts = ["".join(word() + random.choice(SEPARATORS) for _ in range(random.randint(1, 10))) for _ in range(220)]

google = sentencepiece.SentencePieceProcessor(model_file=str(folder / "xlm-roberta/sentencepiece.bpe.model"))
fast = XLMRobertaTokenizerFast(str(folder / "xlm-roberta/sentencepiece.bpe.model"))


def xlm_roberta(text):
    return fast(text)["input_ids"]


def by_google(text):
    return [0] + [i + 1 if i >= 3 else 3 for i in google.encode(text)] + [2]


slow = AlbertTokenizer(str(folder / "albert/spiece.model"))


def albert(text):  # not __call__, which looks for special tokens in the text
    return [2] + slow.convert_tokens_to_ids(slow._tokenize(text)) + [3]


def of(tokenizer):
    return lambda text: tokenizer(text)["input_ids"]


kept = [text for text in texts if xlm_roberta(text) == by_google(text)]
print(f"{len(texts) - len(kept)} of {len(texts)} texts left out", file=sys.stderr)
vocabulary = folder / "distilbert/vocab.txt"
tokenizers = {
    "roberta": of(RobertaTokenizerFast(str(folder / "roberta/vocab.json"), str(folder / "roberta/merges.txt"))),
    "distilbert": of(BertTokenizerFast(str(vocabulary), do_lower_case=True)),
    "electra": of(BertTokenizerFast(str(folder / "electra/vocab.txt"), do_lower_case=True)),
    "xlm-roberta": xlm_roberta,
    "albert": albert,
}


def digests(encode):
    lines = [" ".join(map(str, encode(text))) + "\n" for text in plots]
    return [hashlib.sha256("".join(lines[i:i + 50]).encode()).hexdigest()[:16] for i in range(0, len(lines), 50)]


reference = {
    "plots": {name: digests(encode) for name, encode in tokenizers.items()},
    "texts": kept,
    "ids": {name: [encode(text) for text in kept] for name, encode in tokenizers.items()},
}
with open(pathlib.Path(__file__).resolve().parent / "token_ids.json", "w") as out:
    out.write("{")
    for i, (key, value) in enumerate(reference.items()):
        out.write(("," if i else "") + f'\n"{key}": ' + json.dumps(value, separators=(",", ":")))
    out.write("\n}\n")
