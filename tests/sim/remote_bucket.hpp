// RemoteBucket: a bucket with versions at another S3, as far as replicas need it, and the checks of
// what comes to it: the versions of a key in their order, each once.
//
// Its faults are those of a server: it refuses, fails, is not there. Late and lost requests are the
// connection's (remote_http.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/query.hpp"
#include "common/http/client.hpp"
#include "tests/sim/world.hpp"

namespace onput::sim {

class RemoteBucket {
public:
    struct Options {
        std::string name = {};
        bool takes_conditions = true;        // Else 501.
        std::uint64_t error_permille = 0;    // 500 and 503: done, or not.
        std::uint64_t refusal_permille = 0;  // 403
    };
    RemoteBucket(World& world, Options options) : world_(world), options_(std::move(options)) {}

    // A version, or a delete marker.
    struct Version {
        std::string id = {};
        std::uint64_t sequencer = 0;  // Of its original; 0: it is a marker.
        std::string etag = {};
        std::map<std::string, std::string> metadata = {};
        std::string tags = {};  // "key=value", the last that was put.
        bool has_hold = false;
    };
    using History = std::vector<Version>;  // The oldest first.
    [[nodiscard]] const std::map<std::string, History>& all() const { return keys_; }

    http::Answer answer(const http::Request& request);

    // Nobody listens until then.
    void go_away(Duration time) { away_until_ = world_.elapsed() + time; }
    [[nodiscard]] bool is_away() const { return world_.elapsed() < away_until_; }
    // No such bucket, until it is made.
    void make() { is_made_ = true; }
    void be_kind() {
        options_.error_permille = 0;
        options_.refusal_permille = 0;
        away_until_ = {};
    }

private:
    struct Call {
        const http::Request& request;
        std::string key;
        std::vector<QueryParameter> query;
    };
    struct Upload {
        std::string key;
        Version version;
        std::map<int, std::string> parts;  // Their MD5s, raw.
    };

    http::Answer serve(const Call& call);
    http::Answer put(const Call& call);
    http::Answer remove(const Call& call);
    http::Answer put_part(const Call& call, const std::string& upload_id);
    http::Answer complete(const Call& call, const std::string& upload_id);
    http::Answer change(const Call& call, const std::string& version_id);
    http::Answer head(const Call& call);
    http::Answer add(const std::string& key, Version version);
    // What its conditions say; 200: it may be.
    [[nodiscard]] int judge(const Call& call) const;
    [[nodiscard]] const Version* visible(const std::string& key) const;
    static Version version_of(const http::Request& request);
    static http::Answer error(int status, std::string_view code);

    World& world_;
    Options options_;
    bool is_made_ = false;
    Duration away_until_{};
    std::uint64_t last_id_ = 0;
    std::map<std::string, History> keys_;
    std::map<std::string, Upload> uploads_;
};

}  // namespace onput::sim
