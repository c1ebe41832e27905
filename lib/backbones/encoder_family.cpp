#include "backbones/encoder_family.h"

namespace mma {

const Table<EncoderFamily>& encoder_families() {
  static const Table<EncoderFamily> table = {
      {"bert", bert_family()},           {"roberta", roberta_family()},
      {"xlm-roberta", roberta_family()}, {"distilbert", distilbert_family()},
      {"albert", albert_family()},       {"electra", electra_family()},
  };
  return table;
}

}  // namespace mma
