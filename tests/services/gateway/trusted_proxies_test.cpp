#include "services/gateway/trusted_proxies.hpp"

#include <gtest/gtest.h>

namespace onput::gateway {
namespace {

class TrustedProxiesTest : public testing::Test {
protected:
    std::string address(std::vector<http::Header> headers,
                        std::string_view peer = "10.1.2.3:5000") {
        http::RequestHead head;
        head.host = "127.0.0.1:4566";
        head.peer = peer;
        head.headers = std::move(headers);
        const auto made = public_address(head, proxies);
        return made.scheme + "://" + made.host;
    }

    TrustedProxies proxies = *TrustedProxies::make({"10.0.0.0/8", "fd00::/8"});
};

const std::vector<http::Header> forwarded{{"X-Forwarded-Host", "q.example.com , inner"},
                                          {"X-Forwarded-Proto", "https"}};

TEST_F(TrustedProxiesTest, a_trusted_proxy_says_how_it_was_reached) {
    for (const char* peer : {"10.1.2.3:5000", "[fd00::1]:5000", "[::ffff:10.0.0.1]:5000"})
        EXPECT_EQ(address(forwarded, peer), "https://q.example.com") << peer;
}

TEST_F(TrustedProxiesTest, others_are_not_believed) {
    for (const char* peer : {"11.0.0.1:5000", "[fe80::1]:5000", "127.0.0.1:1", "", "10.1.2.3.4:1"})
        EXPECT_EQ(address(forwarded, peer), "http://127.0.0.1:4566") << peer;
    proxies = TrustedProxies();
    EXPECT_EQ(address(forwarded), "http://127.0.0.1:4566");
}

TEST_F(TrustedProxiesTest, a_host_that_is_none_is_not_taken) {
    for (const char* host : {"", "a b", "a/b", "user@host", "a\"b", ","})
        EXPECT_EQ(address({{"X-Forwarded-Host", host}}), "http://127.0.0.1:4566") << host;
}

TEST_F(TrustedProxiesTest, there_is_no_other_scheme_than_https) {
    EXPECT_EQ(address({{"X-Forwarded-Proto", "javascript"}}), "http://127.0.0.1:4566");
}

TEST_F(TrustedProxiesTest, what_is_no_network_is_refused) {
    for (const char* text : {"", "10.0.0.0", "10.0.0.0/33", "localhost/8", "*"})
        EXPECT_FALSE(TrustedProxies::make({text})) << text;
}

TEST_F(TrustedProxiesTest, a_client_is_the_last_that_no_trusted_proxy_is) {
    const auto client = [this](const std::string& list, std::string_view peer = "10.1.2.3:5000") {
        http::RequestHead head;
        head.peer = peer;
        if (!list.empty()) head.headers = {{"X-Forwarded-For", list}};
        return client_address(head, proxies);
    };
    EXPECT_EQ(client("203.0.113.7"), "203.0.113.7");
    // What a client says of itself comes first, and is not believed.
    EXPECT_EQ(client("1.1.1.1, 203.0.113.7"), "203.0.113.7");
    EXPECT_EQ(client("1.1.1.1, 203.0.113.7, 10.9.9.9"), "203.0.113.7");
    EXPECT_EQ(client("10.9.9.9"), "10.9.9.9");
    EXPECT_EQ(client(""), "10.1.2.3");
    EXPECT_EQ(client("203.0.113.7", "11.0.0.1:5000"), "11.0.0.1");
    EXPECT_EQ(client("", "[::1]:5000"), "::1");
}

}  // namespace
}  // namespace onput::gateway
