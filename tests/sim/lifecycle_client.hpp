// The client of lifecycle_sim: it puts objects of every kind, has some restored, and tries again as
// SDKs do.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/lifecycle_storage.hpp"
#include "tests/sim/requests.hpp"

namespace onput::sim {

class LifecycleClient final : public Node {
public:
    struct Parts {
        World& world;
        Requests& requests;
        Node& storage;
    };
    explicit LifecycleClient(const Parts& parts)
        : Node(parts.world, "client"), storage_(parts.requests.connect(*this, parts.storage)) {}

    void stop_writing() { is_writing_ = false; }
    // Asks for every archived object, and compares its bytes when they are there.
    void restore_all();
    [[nodiscard]] bool is_all_read() const { return unread_.empty(); }
    [[nodiscard]] std::string text_of(const std::string& etag) const;

private:
    void on_start() override;
    void on_crash() override {}

    template <schema::Message M, typename Done>
    void insist(const M& request, std::string bytes, Done done);
    void set_up();
    void act();
    void put(const std::string& bucket, const std::string& key);
    void restore(const std::string& key);
    void read(const std::string& key);

    std::unique_ptr<transport::RequestClient> storage_;
    bool is_writing_ = true;
    std::uint64_t count_ = 0;
    std::map<std::string, std::string> texts_;   // By etag.
    std::map<std::string, std::string> moving_;  // Keys that may be archived, and their texts.
    std::set<std::string> unread_;
};

}  // namespace onput::sim
