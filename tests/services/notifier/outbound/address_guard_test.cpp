#include "services/notifier/outbound/address_guard.hpp"

#include <gtest/gtest.h>

#include "services/notifier/outbound/outbound.hpp"

namespace onput::notifier {
namespace {

using Networks = std::vector<std::string>;

TEST(AddressGuard, refuses_what_is_not_the_public_internet) {
    for (const char* address : {"0.0.0.0",
                                "0.255.255.255",
                                "10.0.0.0",
                                "10.255.255.255",
                                "100.64.0.0",
                                "100.127.255.255",
                                "127.0.0.1",
                                "127.255.255.255",
                                "169.254.0.1",
                                "169.254.169.254",
                                "172.16.0.0",
                                "172.31.255.255",
                                "192.0.0.1",
                                "192.0.2.1",
                                "192.88.99.1",
                                "192.168.0.0",
                                "192.168.255.255",
                                "198.18.0.0",
                                "198.19.255.255",
                                "198.51.100.1",
                                "203.0.113.1",
                                "224.0.0.1",
                                "239.255.255.255",
                                "240.0.0.1",
                                "255.255.255.255",
                                "::",
                                "::1",
                                "::2",
                                "::127.0.0.1",
                                "fc00::",
                                "fdff:ffff::1",
                                "fe80::1",
                                "febf::1",
                                "fec0::1",
                                "ff00::",
                                "ff02::1",
                                "::ffff:127.0.0.1",
                                "::ffff:10.1.2.3",
                                "::ffff:169.254.169.254",
                                "64:ff9b::127.0.0.1",
                                "64:ff9b::10.0.0.1",
                                "64:ff9b:1::1",
                                "100::1",
                                "2001::1",
                                "2001:1ff::1",
                                "2001:db8::1",
                                "2002:7f00:1::1",
                                "3fff::1",
                                "4000::1",
                                "8000::1"}) {
        EXPECT_FALSE(is_allowed_address(address, {})) << address;
        EXPECT_TRUE(is_allowed_address(address, {"*"})) << address;
    }
}

TEST(AddressGuard, allows_the_public_internet_up_to_its_borders) {
    for (const char* address :
         {"1.1.1.1",         "9.255.255.255",   "11.0.0.0",       "100.63.255.255",
          "100.128.0.0",     "126.255.255.255", "128.0.0.0",      "169.253.255.255",
          "169.255.0.0",     "172.15.255.255",  "172.32.0.0",     "192.0.1.0",
          "192.167.255.255", "192.169.0.0",     "198.17.255.255", "198.20.0.0",
          "223.255.255.255", "2000::1",         "2001:200::1",    "2001:4860:4860::8888",
          "2606:4700::1111", "3ffe::1",         "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"}) {
        EXPECT_TRUE(is_allowed_address(address, {})) << address;
    }
}

TEST(AddressGuard, the_operator_allows_networks) {
    const Networks allowed{"10.1.2.0/24", "127.0.0.1/32", "fd00::/8"};
    EXPECT_TRUE(is_allowed_address("10.1.2.0", allowed));
    EXPECT_TRUE(is_allowed_address("10.1.2.255", allowed));
    EXPECT_TRUE(is_allowed_address("::ffff:10.1.2.3", allowed));
    EXPECT_TRUE(is_allowed_address("127.0.0.1", allowed));
    EXPECT_TRUE(is_allowed_address("fd12::1", allowed));
    EXPECT_FALSE(is_allowed_address("10.1.1.255", allowed));
    EXPECT_FALSE(is_allowed_address("10.1.3.0", allowed));
    EXPECT_FALSE(is_allowed_address("127.0.0.2", allowed));
    EXPECT_FALSE(is_allowed_address("fe80::1", allowed));
    EXPECT_FALSE(is_allowed_address("10.0.0.1", {"::/0"}));  // Of its own family only.
    EXPECT_TRUE(is_allowed_address("10.0.0.1", {"0.0.0.0/0"}));
}

TEST(AddressGuard, what_is_no_address_is_not_allowed) {
    for (const char* text : {"", "localhost", "1.1.1", "1.1.1.1 ", "0x7f.0.0.1", "2130706433",
                             "[::1]", "fe80::1%lo", "1.1.1.1/32"}) {
        EXPECT_FALSE(is_allowed_address(text, {})) << text;
    }
    EXPECT_FALSE(AddressGuard::make({"*"})->allows("abc"));
}

TEST(AddressGuard, what_is_no_network_is_refused_when_it_is_set) {
    for (const char* text :
         {"*", "0.0.0.0/0", "127.0.0.0/8", "10.1.2.3/32", "::/0", "fd00::/8", "::1/128"}) {
        EXPECT_TRUE(check_network(text)) << text;
    }
    for (const char* text : {"", "/", "127.0.0.1", "127.0.0.0/33", "127.0.0.0/-1", "127.0.0.0/",
                             "127.0.0.0/8x", "127.0.0.0/ 8", "::/129", "localhost/8", "127.0.0.1/8",
                             "fd00::1/8", "**", "10.0.0.0/99999999999999999999999"}) {
        const auto result = check_network(text);
        ASSERT_FALSE(result) << text;
        EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
    }
}

}  // namespace
}  // namespace onput::notifier
