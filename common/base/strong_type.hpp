// StrongType: an id that cannot be mistaken for another id of the same representation.
//
//     using MessageId = StrongType<std::uint64_t, struct MessageIdTag>;
#pragma once

#include <compare>
#include <functional>
#include <utility>

namespace onput {

template <typename T, typename Tag>
class StrongType {
public:
    using value_type = T;

    constexpr StrongType() = default;
    constexpr explicit StrongType(T value) : value_(std::move(value)) {}

    [[nodiscard]] constexpr const T& get() const { return value_; }

    friend constexpr auto operator<=>(const StrongType&, const StrongType&) = default;
    friend constexpr bool operator==(const StrongType&, const StrongType&) = default;

private:
    T value_{};
};

}  // namespace onput

template <typename T, typename Tag>
struct std::hash<onput::StrongType<T, Tag>> {
    std::size_t operator()(const onput::StrongType<T, Tag>& id) const {
        return std::hash<T>{}(id.get());
    }
};
