// VaultNode: a client that keeps versions. It puts small and large objects, some under a lock,
// deletes keys and single versions, one by one and many at once, and uploads in parts; it tries
// again as SDKs do. What it leaves of uploads, it aborts when the trouble is over.
//
// Its events go the way of all (changes.hpp). Beside those:
//
//   1. The versions of a key are what its durable changes made of them, in their order, each with
//      the bytes that were put; listings say the same.
//   2. Of uploads that were not completed nothing is left.
//   3. A version under a lock that no run is long enough for is never removed, whatever clocks say.
#pragma once

#include <string>
#include <vector>

#include "common/schema/storage_uploads.hpp"
#include "common/schema/storage_versions.hpp"
#include "tests/sim/changes.hpp"
#include "tests/sim/requests.hpp"

namespace onput::sim {

// When all has come to rest.
void check_vault(World& world, const Changes& changes, const storage::StorageCore& core,
                 const Changes::Read& read);

class VaultNode : public Node {
public:
    struct Parts {
        World& world;
        Requests& requests;
        Changes& changes;
        Node& storage;
    };
    explicit VaultNode(const Parts& parts)
        : Node(parts.world, "vault-keeper"),
          changes_(parts.changes),
          storage_(parts.requests.connect(*this, parts.storage)) {}

    void stop() { is_stopped_ = true; }
    [[nodiscard]] bool is_idle() const { return is_stopped_ && is_clean_; }

private:
    void on_start() override;
    void on_crash() override {}

    void act();
    void rest();
    void put();
    void remove();
    void remove_many();
    void upload();
    void clean_up();
    void abort(std::vector<schema::UploadSummary> uploads);

    struct Upload {
        std::string key;
        std::string id = {};
        std::vector<std::string> parts = {};  // Their bytes.
        std::size_t next = 0;
        bool is_abandoned = false;
    };
    void put_part(Upload upload);
    void complete(const Upload& upload);

    // Asks until there is an answer of storage's, up to tries_max times; `done` gets the last one.
    template <schema::Message M, typename Done>
    void ask(const M& request, std::string bytes, int tries_left, Done done);

    std::string new_text(std::size_t bytes_max);
    std::string choose_key();

    Changes& changes_;
    std::unique_ptr<transport::RequestClient> storage_;
    std::vector<std::string> versions_;  // "key version", as answered.
    std::uint64_t texts_ = 0;
    bool is_stopped_ = false;
    bool is_clean_ = false;
};

}  // namespace onput::sim
