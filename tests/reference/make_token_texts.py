#!/usr/bin/env python3
"""Makes token_texts.json beside it, with Hugging Face's transformers 5.12.0 and sentencepiece 0.2.3: for each
tokenizer of shared/fixtures/backbones the texts that the ids of its tokens.json, then those of token_ids.json decode
to, special tokens left out. roberta, distilbert and electra by transformers, without cleaning up spaces; albert and xlm-roberta by
Google's library, whose unknown piece is " \u2047 ".

Usage: pip install transformers==5.12.0 sentencepiece==0.2.3 protobuf
       tests/reference/make_token_texts.py SHARED
"""
import json
import pathlib
import sys

import sentencepiece
from tokenizers import decoders
from transformers import AutoTokenizer

folder = pathlib.Path(sys.argv[1]) / "fixtures/backbones"
here = pathlib.Path(__file__).parent
hostile = json.load(open(here / "token_ids.json"))["ids"]


def by_transformers(name):
    tokenizer = AutoTokenizer.from_pretrained(folder / name)
    if name != "roberta":
        tokenizer.backend_tokenizer.decoder = decoders.WordPiece(cleanup=False)
    special = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}

    def decode(ids):
        kept = [i for i in ids if i not in special]
        return tokenizer.decode(kept, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    return decode


def by_google(name, file):
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / name / file))

    def decode(ids):
        if name == "xlm-roberta":  # fairseq's ids
            return model.decode([0 if i == 3 else i - 1 for i in ids if i > 2])
        return model.decode(ids)
    return decode


decode_by = {"roberta": by_transformers("roberta"), "distilbert": by_transformers("distilbert"),
            "electra": by_transformers("electra"), "albert": by_google("albert", "spiece.model"),
            "xlm-roberta": by_google("xlm-roberta", "sentencepiece.bpe.model")}
result = {}
for name, decode in decode_by.items():
    ids = json.load(open(folder / name / "tokens.json"))["ids"] + [i for i in hostile[name] if i]
    result[name] = [decode(i) for i in ids]
with open(here / "token_texts.json", "w") as file:
    for i, (name, rows) in enumerate(result.items()):
        file.write(("{" if i == 0 else ",\n") + json.dumps(name) + ": " + json.dumps(rows))
    file.write("}\n")
