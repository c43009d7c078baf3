#include "common/auth/language/network.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstddef>
#include <string>

#include "common/base/text.hpp"

namespace onput::auth {
namespace {

constexpr unsigned v4_bits = 32;
constexpr unsigned v6_bits = 128;
constexpr unsigned mapped_bits = v6_bits - v4_bits;  // In front of an IPv4 address in IPv6.
constexpr unsigned v4_public_bits = 8;               // Fewer fixed bits name nobody.
constexpr unsigned v6_public_bits = 32;

}  // namespace

std::optional<Network::Address> Network::parse_address(std::string_view text) {
    const std::string terminated(text);
    Address address{};
    if (inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return address;
    constexpr std::size_t v4_offset = mapped_bits / 8;
    if (inet_pton(AF_INET, terminated.c_str(), address.data() + v4_offset) != 1) return {};
    address[v4_offset - 1] = 0xff;
    address[v4_offset - 2] = 0xff;
    return address;
}

std::optional<Network> Network::parse(std::string_view text) {
    Network network;
    const auto slash = text.find('/');
    const std::string_view address_text = text.substr(0, slash);
    const auto address = parse_address(address_text);
    if (!address) return {};
    network.address_ = *address;
    network.is_v4_ = !address_text.contains(':');
    const unsigned bits_max = network.is_v4_ ? v4_bits : v6_bits;
    network.bits_ = bits_max;
    if (slash != std::string_view::npos) {
        const auto bits = parse_number<unsigned>(text.substr(slash + 1));
        if (!bits || *bits > bits_max) return {};
        network.bits_ = *bits;
    }
    if (network.is_v4_) network.bits_ += mapped_bits;
    return network;
}

bool Network::has(const Address& address, unsigned bits) const {
    for (std::size_t i = 0; i < address.size(); ++i) {
        const unsigned left = bits > 8 * i ? std::min(8U, bits - static_cast<unsigned>(8 * i)) : 0U;
        const auto mask = static_cast<std::uint8_t>(0xff00U >> left);
        if (((address.at(i) ^ address_.at(i)) & mask) != 0) return false;
    }
    return true;
}

bool Network::contains(std::string_view address) const {
    const auto parsed = parse_address(address);
    return parsed && has(*parsed, bits_);
}

bool Network::is_for_anyone() const {
    for (const std::string_view text : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}) {
        const auto local = parse(text);
        if (local && bits_ >= local->bits_ && local->has(address_, local->bits_)) return false;
    }
    return is_v4_ ? bits_ < mapped_bits + v4_public_bits : bits_ < v6_public_bits;
}

}  // namespace onput::auth
