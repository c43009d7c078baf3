// A request in the tests' words: owned texts, and the view of them that the library takes.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/auth/request_view.hpp"
#include "common/auth/verify.hpp"
#include "common/base/text.hpp"

namespace onput::auth::testing {

// The example credentials of AWS's documentation.
inline const std::string example_key = "AKIAIOSFODNN7EXAMPLE";
inline const std::string example_secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
inline const std::string example_account = "123456789012";
inline const std::string empty_sha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct TestRequest {
    std::string method = "GET";
    std::string path = "/";
    std::string query = {};
    std::vector<std::pair<std::string, std::string>> headers = {};

    // Valid until the next call or change.
    RequestView view() {
        views_.clear();
        for (const auto& [name, value] : headers) views_.push_back({.name = name, .value = value});
        parameters_ = parse_query(query).value();
        return {.method = method, .path = path, .query = parameters_, .headers = views_};
    }

    void set(const std::string& name, const std::string& value) {
        for (auto& header : headers) {
            if (!equal_ignoring_case(header.first, name)) continue;
            header.second = value;
            return;
        }
        headers.emplace_back(name, value);
    }

    void remove(const std::string& name) {
        std::erase_if(headers,
                      [&](const auto& header) { return equal_ignoring_case(header.first, name); });
    }

    std::vector<Header> views_ = {};
    std::vector<QueryParameter> parameters_ = {};
};

// The service's side: knows the example credentials, and the time the test says.
class Gate {
public:
    explicit Gate(Timestamp time) : now(time) {
        keys.add(example_key, {.secret = example_secret, .account_id = example_account}).value();
    }

    Result<Identity> admit(TestRequest& request) {
        const RequestView view = request.view();
        ONPUT_TRY(const Claim claim, parse_claim(view));
        return verify(claim, view,
                      {.keys = keys,
                       .sessions = sessions ? &*sessions : nullptr,
                       .signing_keys = signing_keys,
                       .now = now,
                       .body_sha256 = body_sha256,
                       .host_bucket = host_bucket});
    }

    KeyRing keys;
    std::optional<SessionKey> sessions;  // Nothing: no temporary credentials are known.
    SigningKeyCache signing_keys;
    Timestamp now;
    std::string body_sha256;
    std::string host_bucket;
};

}  // namespace onput::auth::testing
