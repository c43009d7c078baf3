// Network: addresses of IPv4 or IPv6 that a condition names. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace onput::auth {

class Network {
public:
    // "10.0.0.0/8", "2001:db8::/32", or one address. Nothing for anything else.
    static std::optional<Network> parse(std::string_view text);

    // False for a text that is no address. An IPv4 address that is written as one of IPv6 is the
    // same.
    [[nodiscard]] bool contains(std::string_view address) const;

    // Whether there are so many addresses in it that it names nobody: more than a /8 of IPv4 or a
    // /32 of IPv6, but for private networks.
    [[nodiscard]] bool is_for_anyone() const;

private:
    using Address = std::array<std::uint8_t, 16>;  // IPv4: mapped into IPv6.
    static std::optional<Address> parse_address(std::string_view text);
    [[nodiscard]] bool has(const Address& address, unsigned bits) const;

    Address address_{};
    unsigned bits_ = 0;
    bool is_v4_ = false;
};

}  // namespace onput::auth
