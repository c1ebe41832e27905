#include "nn/attention.h"

#include <cmath>

#include "support/kernels.h"

using namespace mma;
using test::Tensors;

namespace {

Rows rows_of(const std::vector<int64_t>& lengths) { return Rows::of_lengths(lengths); }

}  // namespace

TEST_CASE("attention: sample by sample equals the padded form", "[nn]") {
  // One token, whole vectors, more than one block of queries; heads of 5, 16 and 24 numbers.
  for (int64_t width : {5, 16, 24})
    for (bool apart : {false, true}) {
      CAPTURE(width, apart);
      auto rows = rows_of({1, 16, 150, 7});
      auto query_rows = apart ? rows_of({1, 1, 1, 1}) : rows;
      const int64_t h = 3 * width;
      Tensors inputs{torch::randn({rows.total(), (apart ? 2 : 3) * h}),
                     torch::randn({query_rows.total(), h})};
      if (!apart) inputs.pop_back();
      auto input = [&](const Tensors& x) {
        return AttentionInput{apart ? x[1] : torch::Tensor(), x[0], query_rows, rows, 3, 0.0};
      };
      DropoutState off;
      auto padded = [&](const Tensors& x) { return attention_padded(input(x), off); };
      test::check_same([&](const Tensors& x) { return attention_by_sample(input(x), off); }, padded,
                       inputs);
      // The padded form rounds scores and weights to bf16 in between.
      test::check_same(padded, padded, inputs, {{}, 0.05});
    }
}

TEST_CASE("attention: with dropout too, one mask for both forms and however samples stand",
          "[nn]") {
  const std::vector<int64_t> lengths{70, 3, 150};
  auto rows = rows_of(lengths);
  const int64_t heads = 3, h = heads * 8;
  auto x = torch::randn({rows.total(), 3 * h});
  auto run = [&](auto form, const torch::Tensor& queries, const torch::Tensor& keys_values,
                 const Rows& query_rows, const Rows& rows, const std::vector<int64_t>& samples) {
    DropoutState state{true, 11, 2, torch::tensor(samples)};
    return form({queries, keys_values, query_rows, rows, heads, 0.4}, state);
  };
  const std::vector<int64_t> samples{9, 4, 6};
  auto whole = run(attention_by_sample, {}, x, rows, rows, samples);
  CHECK(torch::allclose(run(attention_padded, {}, x, rows, rows, samples), whole, 1e-5, 1e-6));
  for (int64_t b = 0; b < rows.samples(); ++b) {
    const auto begin = rows.offsets[static_cast<size_t>(b)], length = rows.length(b);
    auto one = rows_of({length});
    auto alone = run(attention_by_sample, {}, x.narrow(0, begin, length), one, one,
                     {samples[static_cast<size_t>(b)]});
    CHECK(torch::equal(alone, whole.narrow(0, begin, length)));
  }
  // [CLS] alone has the weights that it has among all.
  auto queries = rows.first_of(x.narrow(1, 0, h)), keys_values = x.narrow(1, h, 2 * h);
  auto first = run(attention_by_sample, queries, keys_values, Rows::one_each(3), rows, samples);
  CHECK(torch::allclose(first, rows.first_of(whole), 1e-5, 1e-6));
}

TEST_CASE("attention: dropout has p's rate and scale, whatever the threads", "[nn]") {
  torch::NoGradGuard no_grad;
  auto rows = rows_of({130, 61});
  auto keys_values = torch::zeros({191, 3 * 32});  // equal scores: each weight is 1 / T
  keys_values.narrow(1, 64, 32).fill_(1);          // the output is the sum of the kept weights
  const double p = 0.3;
  auto run = [&] {
    DropoutState state{true, 11, 0};
    return attention_by_sample({{}, keys_values, rows, rows, 2, p}, state);
  };
  auto out = run();
  const double weights = 2.0 * (130 * 130 + 61 * 61);
  auto kept = (out.narrow(0, 0, 130).sum() * 130 + out.narrow(0, 130, 61).sum() * 61) / 16;
  CHECK(std::abs(kept.item<double>() / weights - 1) <
        5 * std::sqrt(p / (1 - p) / weights));  // of the mean of factors 0 and 1 / (1 - p)
  CHECK(out.std().item<double>() > 0.01);
  at::set_num_threads(1);
  auto alone = run();
  at::set_num_threads(2);
  CHECK(torch::equal(alone, out));
}

TEST_CASE("attention: operands that do not fit each other are told", "[nn]") {
  const int64_t h = 12;
  auto rows = rows_of({3, 4}), one_each = rows_of({1, 1});
  auto keys_values = torch::randn({7, 3 * h}), apart = torch::randn({7, 2 * h});
  auto run = [](const torch::Tensor& queries, const torch::Tensor& kv, const Rows& query_rows,
                const Rows& rows, int64_t heads) {
    DropoutState off;
    return attention_by_sample({queries, kv, query_rows, rows, heads, 0.0}, off);
  };
  auto query = torch::randn({2, h});
  CHECK_NOTHROW(run({}, keys_values, rows, rows, 3));
  CHECK_NOTHROW(run(query, apart, one_each, rows, 3));
  CHECK_THROWS_WITH(run({}, keys_values.narrow(0, 0, 6), rows, rows, 3),
                    "attention: keys and values: expected Float [7, 36] on cpu, found Float [6, "
                    "36] on cpu");
  CHECK_THROWS_AS(run({}, keys_values, rows, rows, 5), Error);
  CHECK_THROWS_AS(run({}, keys_values, rows, rows, 0), Error);
  CHECK_THROWS_AS(run({}, torch::randn({7, 1}), rows, rows, 1), Error);
  CHECK_THROWS_AS(run({}, keys_values, one_each, rows, 3), Error);
  CHECK_THROWS_AS(run(query, apart, rows_of({1, 1, 1}), rows, 3), Error);
  CHECK_THROWS_AS(run(query.narrow(0, 0, 1), apart, one_each, rows, 3), Error);
  CHECK_THROWS_AS(run(torch::randn({2, h + 3}), apart, one_each, rows, 3), Error);
  CHECK_THROWS_AS(run(query.to(torch::kBFloat16), apart, one_each, rows, 3), Error);
  Rows backwards = rows;
  backwards.offsets = {0, 9, 7};
  CHECK_THROWS_AS(run({}, keys_values, backwards, backwards, 3), Error);
}
