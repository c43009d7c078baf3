// AddressGuard: which addresses a webhook may reach. Pure.
//
// The public internet, and the networks that the operator allows. An address that carries an IPv4
// one (::ffff:a.b.c.d, and 64:ff9b::a.b.c.d of NAT64) is judged as that one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::notifier {

class AddressGuard {
public:
    // Networks as "127.0.0.0/8", "fd00::/8"; "*" for all. invalid_argument for anything else.
    static Result<AddressGuard> make(const std::vector<std::string>& allowed);

    // An address as the kernel has it: 4 or 16 bytes in network order. Any other size: no.
    [[nodiscard]] bool allows(std::string_view bytes) const;
    // "10.0.0.1", "::1"; what is no address: no.
    [[nodiscard]] bool allows_text(const std::string& address) const;

private:
    struct Network {
        std::string bytes;  // 4 or 16.
        std::size_t bits = 0;

        [[nodiscard]] bool contains(std::string_view address) const;
    };
    static Result<Network> parse_network(const std::string& text);
    static const std::vector<Network>& refused_networks();

    std::vector<Network> allowed_;
    bool allows_all_ = false;
};

}  // namespace onput::notifier
