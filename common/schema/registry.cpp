#include "common/schema/registry.hpp"

#include <array>

#include "common/schema/json.hpp"

namespace onput::schema {
namespace {

template <typename M>
bool describe_as(Kind kind, std::string_view bytes, Result<std::string>& out) {
    if (M::info.kind != kind) return false;
    const auto message = decode<M>(bytes);
    if (message) {
        out = to_json(*message);
    } else {
        out = std::unexpected(message.error());
    }
    return true;
}

template <typename... M>
Result<std::string> describe_one_of(std::type_identity<std::tuple<M...>>, std::string_view bytes) {
    ONPUT_TRY(const Kind kind, kind_of(bytes));
    Result<std::string> out = fail(ErrorCode::corruption, "message of an unknown kind");
    // Not a fold: compilers bound how many messages one may have.
    using Describe = bool (*)(Kind, std::string_view, Result<std::string>&);
    static constexpr std::array<Describe, sizeof...(M)> all{&describe_as<M>...};
    for (const Describe describes : all) {
        if (describes(kind, bytes, out)) break;
    }
    return out;
}

}  // namespace

Result<std::string> describe(std::string_view bytes) {
    return describe_one_of(std::type_identity<AllMessages>{}, bytes);
}

}  // namespace onput::schema
