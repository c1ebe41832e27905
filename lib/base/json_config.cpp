#include "base/config_tree.h"
#include "base/json_file.h"

namespace mma {
namespace {

using Json = nlohmann::ordered_json;
using Kind = ConfigValue::Kind;

ConfigValue tree_of(Json& json) {
  ConfigValue value;
  if (json.is_object()) {
    value.kind = Kind::kMap;
    for (auto& [key, member] : json.get_ref<Json::object_t&>())
      value.members.push_back({key, 0, tree_of(member)});
  } else if (json.is_array()) {
    value.kind = Kind::kList;
    for (auto& item : json) value.items.push_back(tree_of(item));
  } else if (json.is_string()) {
    value.kind = Kind::kText;
    value.text = std::move(json.get_ref<std::string&>());
  } else if (!json.is_null()) {
    value.kind = Kind::kPlain;
    value.text = json.dump();
  }
  return value;
}

}  // namespace

ConfigValue parse_json_config(std::string_view text, const std::string& where) {
  auto json = parse_json<Json>(text, where, "a JSON object", kMaxConfigDepth);
  return tree_of(json);
}

}  // namespace mma
