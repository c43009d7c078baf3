#include "common/transport/endpoint.hpp"

#include <fstream>

#include "tests/common/transport/harness.hpp"

namespace onput::transport {
namespace {

bool connects(std::string_view endpoint) {
    return check_endpoint(endpoint, EndpointUse::connect).has_value();
}
bool binds(std::string_view endpoint) {
    return check_endpoint(endpoint, EndpointUse::bind).has_value();
}

TEST(Endpoint, tcp_and_ipc_are_accepted) {
    EXPECT_TRUE(connects("tcp://127.0.0.1:7001"));
    EXPECT_TRUE(connects("tcp://queue:7001"));
    EXPECT_TRUE(connects("tcp://[::1]:7001"));
    EXPECT_TRUE(connects("ipc:///run/onput/queue"));
    EXPECT_TRUE(binds("tcp://*:7001"));
}

TEST(Endpoint, a_wildcard_is_for_binding_only) {
    EXPECT_TRUE(binds("tcp://127.0.0.1:*"));
    EXPECT_FALSE(connects("tcp://127.0.0.1:*"));
    EXPECT_FALSE(connects("tcp://*:7001"));
}

TEST(Endpoint, anything_else_is_refused) {
    for (const std::string_view endpoint :
         {"", "tcp://", "tcp://:1", "tcp://host", "tcp://host:0", "tcp://host:65536",
          "tcp://host:1x", "tcp://host:-1", "ipc://", "ipc://relative", "ipc://@abstract",
          "inproc://a", "pgm://1.2.3.4:5", "http://host:80", "tcp://a b:1", "ipc:///a\nb"}) {
        EXPECT_FALSE(connects(endpoint)) << endpoint;
        EXPECT_FALSE(binds(endpoint)) << endpoint;
    }
}

TEST(Endpoint, too_long_ones_are_refused) {
    EXPECT_TRUE(connects("ipc:///" + std::string(ipc_path_bytes_max - 1, 'a')));
    EXPECT_FALSE(connects("ipc:///" + std::string(ipc_path_bytes_max, 'a')));
    EXPECT_FALSE(connects("tcp://" + std::string(endpoint_bytes_max, 'a') + ":1"));
}

TEST(Endpoint, a_folder_made_for_a_socket_is_the_owners_alone) {
    const TestFolder folder;
    ASSERT_TRUE(prepare_ipc_path(folder.file("new/socket")));
    const auto mode = std::filesystem::status(folder.file("new")).permissions();
    EXPECT_EQ(mode, std::filesystem::perms::owner_all);
}

TEST(Endpoint, a_file_that_is_no_socket_is_left_alone) {
    const TestFolder folder;
    std::ofstream(folder.file("data")) << "precious";
    EXPECT_EQ(prepare_ipc_path(folder.file("data")).error().code, ErrorCode::conflict);
    EXPECT_TRUE(std::filesystem::exists(folder.file("data")));
}

}  // namespace
}  // namespace onput::transport
