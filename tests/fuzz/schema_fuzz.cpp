// Hostile bytes to every decoder: no crash, and what is read is written and read again the same.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/schema/registry.hpp"

namespace {

using namespace onput::schema;

template <typename M>
void check(Kind kind, std::string_view bytes) {
    if (M::info.kind != kind) return;
    const auto message = decode<M>(bytes);
    if (!message) return;
    const std::string once = encode(*message);
    const auto again = decode<M>(once);
    // Bytes are compared, not messages: a NaN differs from itself.
    if (!again || encode(*again) != once) std::abort();
}

template <typename... M>
void check_one_of(std::type_identity<std::tuple<M...>>, Kind kind, std::string_view bytes) {
    // Not a fold: compilers bound how many messages one may have.
    using Check = void (*)(Kind, std::string_view);
    static constexpr std::array<Check, sizeof...(M)> all{&check<M>...};
    for (const Check checks : all) checks(kind, bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto kind = kind_of(bytes)) {
        check_one_of(std::type_identity<AllMessages>{}, *kind, bytes);
    }
    static_cast<void>(describe(bytes));
    return 0;
}
