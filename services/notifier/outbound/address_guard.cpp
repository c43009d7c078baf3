#include "services/notifier/outbound/address_guard.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>

#include "common/base/check.hpp"

namespace onput::notifier {
namespace {

constexpr std::size_t ipv4_bytes = 4;
constexpr std::size_t ipv6_bytes = 16;

// Not the public internet, by the registries of special-purpose addresses (RFC 6890 and later).
constexpr std::array refused_texts{
    "0.0.0.0/8",        // "This" network: the kernel takes 0.0.0.0 for loopback.
    "10.0.0.0/8",       // Private.
    "100.64.0.0/10",    // Carrier-grade NAT; some clouds' metadata.
    "127.0.0.0/8",      // Loopback.
    "169.254.0.0/16",   // Link-local; clouds' metadata.
    "172.16.0.0/12",    // Private.
    "192.0.0.0/24",     // Protocol assignments.
    "192.0.2.0/24",     // Documentation.
    "192.88.99.0/24",   // 6to4 relays.
    "192.168.0.0/16",   // Private.
    "198.18.0.0/15",    // Benchmarks.
    "198.51.100.0/24",  // Documentation.
    "203.0.113.0/24",   // Documentation.
    "224.0.0.0/4",      // Multicast.
    "240.0.0.0/4",      // Reserved; broadcast.
    // Of IPv6 only 2000::/3 is public: around it lie ::, ::1, unique local fc00::/7, link-local
    // fe80::/10 and multicast ff00::/8.
    "::/3", "4000::/2", "8000::/1",
    "2001::/23",      // Protocol assignments; Teredo hides an IPv4 address.
    "2001:db8::/32",  // Documentation.
    "2002::/16",      // 6to4 hides an IPv4 address.
    "3fff::/20",      // Documentation.
};

std::string parse_address(const std::string& text) {
    std::array<char, ipv6_bytes> bytes{};
    if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), ipv4_bytes};
    if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return {bytes.data(), ipv6_bytes};
    return {};
}

// The IPv4 address that an IPv6 address stands for, or the address itself.
std::string_view carried_address(std::string_view bytes) {
    using namespace std::string_view_literals;
    constexpr std::string_view mapped = "\0\0\0\0\0\0\0\0\0\0\xFF\xFF"sv;
    constexpr std::string_view translated = "\0\x64\xFF\x9B\0\0\0\0\0\0\0\0"sv;
    const bool carries =
        bytes.size() == ipv6_bytes && (bytes.starts_with(mapped) || bytes.starts_with(translated));
    return carries ? bytes.substr(ipv6_bytes - ipv4_bytes) : bytes;
}

// The first `bits` of `bytes`, the others zero.
std::string prefix_of(std::string_view bytes, std::size_t bits) {
    std::string prefix(bytes);
    for (std::size_t bit = bits; bit < prefix.size() * 8; ++bit) {
        const auto mask = static_cast<unsigned char>(0x80 >> (bit % 8));
        prefix[bit / 8] = static_cast<char>(static_cast<unsigned char>(prefix[bit / 8]) & ~mask);
    }
    return prefix;
}

}  // namespace

bool AddressGuard::Network::contains(std::string_view address) const {
    return address.size() == bytes.size() && prefix_of(address, bits) == bytes;
}

Result<AddressGuard::Network> AddressGuard::parse_network(const std::string& text) {
    const auto refused = [&text](const char* why) {
        return fail(ErrorCode::invalid_argument, "network \"" + text + "\": " + why);
    };
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos) return refused("it has the form 10.0.0.0/8 or fd00::/8");
    Network network{.bytes = parse_address(text.substr(0, slash)), .bits = 0};
    if (network.bytes.empty()) return refused("what is before the slash is no address");

    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + slash + 1, end, network.bits);
    if (parsed.ec != std::errc{} || parsed.ptr != end || network.bits > network.bytes.size() * 8) {
        return refused("what is behind the slash is no number of bits");
    }
    // Most likely a slip, which would allow more than was meant.
    if (prefix_of(network.bytes, network.bits) != network.bytes) {
        return refused("it has bits behind its prefix");
    }
    return network;
}

const std::vector<AddressGuard::Network>& AddressGuard::refused_networks() {
    static const std::vector<Network> networks = [] {
        std::vector<Network> parsed;
        for (const char* text : refused_texts) {
            auto network = parse_network(text);
            ONPUT_CHECK(network.has_value());
            parsed.push_back(*std::move(network));
        }
        return parsed;
    }();
    return networks;
}

Result<AddressGuard> AddressGuard::make(const std::vector<std::string>& allowed) {
    AddressGuard guard;
    for (const std::string& text : allowed) {
        if (text == "*") {
            guard.allows_all_ = true;
            continue;
        }
        ONPUT_TRY(Network network, parse_network(text));
        guard.allowed_.push_back(std::move(network));
    }
    return guard;
}

bool AddressGuard::allows(std::string_view bytes) const {
    if (bytes.size() != ipv4_bytes && bytes.size() != ipv6_bytes) return false;
    const std::string_view address = carried_address(bytes);
    const auto contains = [address](const Network& network) { return network.contains(address); };
    return allows_all_ || std::ranges::any_of(allowed_, contains) ||
           std::ranges::none_of(refused_networks(), contains);
}

bool AddressGuard::allows_text(const std::string& address) const {
    return allows(parse_address(address));
}

}  // namespace onput::notifier
