// Connections and API destinations on the whole core, in the words of their tests.
#pragma once

#include "common/base/encoding.hpp"
#include "tests/services/notifier/harness.hpp"

namespace onput::notifier {

inline std::string master_key(const std::string& name, char byte) {
    return name + ':' + to_base64(std::string(32, byte));
}

class DestinationsTest : public NotifierTest {
protected:
    DestinationsTest() { use_keys({master_key("first", 'k')}); }

    void use_keys(const std::vector<std::string>& keys) {
        CoreOptions changed = options;
        changed.connections.masters = MasterKeys::parse(keys).value();
        restart_with(changed);
    }
    static schema::ConnectionAuth basic() {
        return {.type = "BASIC", .username = "user", .password = "geheim-password"};
    }
    schema::ConnectionInfo connect(const schema::ConnectionAuth& auth = basic()) {
        const auto answer = apply(schema::CreateConnection{.name = "c", .auth = auth});
        ONPUT_CHECK(answer.has_value());
        sync();
        return *answer;
    }
    schema::ApiDestinationInfo destine(schema::CreateApiDestination request) {
        request.name = request.name.empty() ? "d" : request.name;
        request.http_method = request.http_method.empty() ? "POST" : request.http_method;
        if (request.endpoint.empty()) request.endpoint = "https://api.example/orders";
        const auto answer = apply(request);
        ONPUT_CHECK(answer.has_value());
        sync();
        return *answer;
    }
    [[nodiscard]] schema::ConnectionInfo connection() const {
        return core->connections().get({.name = "c"}, owner()).value();
    }
    [[nodiscard]] schema::ApiDestinationInfo destination(const std::string& name = "d") const {
        return core->connections().get_destination({.name = name}, owner()).value();
    }
    template <typename M>
    std::string refusal(const M& request) {
        const auto answer = apply(request);
        EXPECT_FALSE(answer);
        return answer ? "" : answer.error().reason + ": " + answer.error().message;
    }
};

}  // namespace onput::notifier
