#include "services/notifier/rules/rule_records.hpp"

namespace onput::notifier {

std::string rules_key() {
    return "w";
}

std::string bus_key(std::string_view arn) {
    return "v/" + std::string(arn);
}

std::string rule_key(std::string_view arn) {
    return "o/" + std::string(arn);
}

std::string target_key(std::uint64_t number) {
    std::string key = "p/";
    for (int shift = 56; shift >= 0; shift -= 8) {
        key += static_cast<char>((number >> shift) & 255U);
    }
    return key;
}

store::Range bus_rows() {
    return store::Range::of_prefix("v/");
}

store::Range rule_rows() {
    return store::Range::of_prefix("o/");
}

store::Range target_rows() {
    return store::Range::of_prefix("p/");
}

}  // namespace onput::notifier
