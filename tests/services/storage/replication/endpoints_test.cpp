// Endpoints of replicas as the configuration names them.
#include "services/storage/replication/endpoints.hpp"

#include <gtest/gtest.h>

namespace onput::storage {
namespace {

std::string fault_of(const std::vector<std::string>& endpoints,
                     const std::vector<std::string>& keys) {
    const auto parsed = Endpoints::parse(endpoints, keys);
    return parsed ? std::string() : parsed.error().message;
}

TEST(EndpointsTest, a_bucket_has_the_endpoint_of_its_name_or_of_the_longest_beginning) {
    const auto parsed = Endpoints::parse({"backup=https://a:9000;eu-west-1", "b*=http://[::1]:80/",
                                          "ba*=https://c:443", "z=http://d"},
                                         {"ba*=K3:S3", "backup=K1:S1=/+", "b*=K2:S:2", "z=k:s"});
    ASSERT_TRUE(parsed) << parsed.error().message;
    const auto url = [&parsed](std::string_view bucket) {
        const auto* found = parsed->find(bucket);
        return found == nullptr ? std::string() : found->url;
    };
    EXPECT_EQ(url("backup"), "https://a:9000");
    EXPECT_EQ(url("backups"), "https://c:443");
    EXPECT_EQ(url("bucket"), "http://[::1]:80");
    EXPECT_EQ(url("zz"), "");
    const auto& backup = *parsed->find("backup");
    EXPECT_EQ(backup.region, "eu-west-1");
    EXPECT_EQ(backup.access_key, "K1");
    EXPECT_EQ(backup.secret, "S1=/+");
    EXPECT_EQ(backup.authority(), "a:9000");
    EXPECT_EQ(parsed->find("bucket")->secret, "S:2");
    EXPECT_EQ(parsed->find("bucket")->region, "us-east-1");
    EXPECT_EQ(parsed->find("bucket")->authority(), "[::1]");
    EXPECT_EQ(parsed->find("backups")->authority(), "c");
}

TEST(EndpointsTest, a_fault_names_the_endpoint_and_tells_no_secret) {
    for (const char* text : {"backup", "=http://a", "UP=http://a", "b=ftp://a", "b=http://",
                             "b=http://a/path", "b=http://u:p@a", "b=http://a:0", "b=http://a:x",
                             "b=http://a?q", "b=http://a b", "b=http://a;no region"})
        EXPECT_NE(fault_of({text}, {}).find(text), std::string::npos) << text;
    EXPECT_NE(fault_of({"b=http://a"}, {}).find("has no key"), std::string::npos);
    EXPECT_NE(fault_of({}, {"b=k:s"}).find("has no endpoint"), std::string::npos);
    EXPECT_NE(fault_of({"b=http://a", "b=http://c"}, {}).find("two endpoints"), std::string::npos);
    EXPECT_NE(fault_of({"b=http://a"}, {"b=k:s", "b=k:s"}).find("two keys"), std::string::npos);
    for (const char* key : {"geheim", "b=geheim", "b=:geheim", "b=k:ge heim"}) {
        const auto fault = fault_of({"b=http://a"}, {key});
        EXPECT_FALSE(fault.empty()) << key;
        EXPECT_EQ(fault.find("heim"), std::string::npos) << fault;
    }
}

TEST(EndpointsTest, there_are_so_many_and_no_more) {
    std::vector<std::string> endpoints;
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < replication_endpoints_max; ++i) {
        endpoints.push_back("b" + std::to_string(i) + "=http://a");
        keys.push_back("b" + std::to_string(i) + "=k:s");
    }
    EXPECT_EQ(fault_of(endpoints, keys), "");
    endpoints.emplace_back("c=http://a");
    keys.emplace_back("c=k:s");
    EXPECT_EQ(fault_of(endpoints, keys), "there are 101 endpoints, more than 100");
}

}  // namespace
}  // namespace onput::storage
