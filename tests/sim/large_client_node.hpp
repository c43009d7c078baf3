// LargeClientNode: a client of objects that are files of their own. It writes them in sessions, as
// the gateway does, fast or slowly, gives some up half-way, deletes some, and reads them whole, in
// pieces, and ranges of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tests/sim/changes.hpp"
#include "tests/sim/requests.hpp"

namespace onput::sim {

class LargeClientNode : public Node {
public:
    struct Parts {
        World& world;
        Requests& requests;
        Changes& changes;
        Node& storage;
    };
    explicit LargeClientNode(const Parts& parts)
        : Node(parts.world, "nora"),
          changes_(parts.changes),
          storage_node_(parts.storage),
          storage_(parts.requests.connect(*this, parts.storage)) {}

    void stop() { is_stopped_ = true; }
    [[nodiscard]] bool is_idle() const { return is_stopped_ && !is_busy_; }

private:
    void on_start() override { rest(); }
    void on_crash() override {}

    void act();
    void rest();

    struct Write {
        schema::PutObject object;
        std::string bytes;
        std::uint64_t write_id = 0;
        std::uint64_t offset = 0;
        std::uint64_t life = 0;  // Of storage, when it was opened.
    };
    void write(const std::string& key);
    void append(Write write);
    void append_piece(Write write);
    void finish(const Write& write);
    void remove(const std::string& key);

    struct Read {
        std::string key;
        std::uint64_t ranges_left = 0;  // After this one.
        std::optional<schema::ByteRange> range;
        schema::ObjectGot got;
        std::string bytes;
        std::uint64_t life = 0;
    };
    void read(const std::string& key);
    void get_range(Read read, std::uint64_t size);
    void get(const Read& read);
    void go_on(const Read& read);
    void read_piece(Read read);
    // What it has so far, and what came then.
    void check(const Read& read, const Result<std::string>& piece, std::uint64_t length);

    // A session whose client goes on lasts as long as storage lives, whatever the clock does.
    void check_session(std::uint64_t life, const Error& error) const;

    template <schema::Message M, typename Done>
    void ask(const M& request, std::string bytes, Done done);
    std::string new_bytes();

    Changes& changes_;
    const Node& storage_node_;
    std::unique_ptr<transport::RequestClient> storage_;
    std::uint64_t texts_ = 0;
    bool is_stopped_ = false;
    bool is_busy_ = false;
};

}  // namespace onput::sim
