// RemoteSender: sends versions to endpoints, each by a session (remote_session.hpp): signs its
// requests (SigV4), reads and opens the bytes piece by piece, and says what became of it.
//
//     send ──> request, signed ──> http::Client ──> answer ──> the next request ... ──> done
//                   bytes: blob ──> piece, opened ──^
//
// A piece on its way and one behind it are all of an object that is in memory. Nothing survives a
// crash: what is pending is sent again. Loop thread only, but for the ciphers, which run where the
// bytes were read.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/auth/signer.hpp"
#include "common/http/client.hpp"
#include "services/storage/host.hpp"
#include "services/storage/replication/replica.hpp"

namespace onput::storage {

inline constexpr std::size_t remote_piece_bytes = 256 * 1024;

class RemoteSender {
public:
    struct Parts {
        StorageHost& host;
        store::BlobStore& blobs;
        std::uint64_t bytes_per_second = 0;  // Of each version.
    };
    RemoteSender(const Parts& parts, Endpoints endpoints, std::unique_ptr<http::Client> client)
        : parts_(parts), endpoints_(std::move(endpoints)), client_(std::move(client)) {}

    [[nodiscard]] const Endpoint* endpoint_of(std::string_view bucket) const {
        return endpoints_.find(bucket);
    }

    [[nodiscard]] const Endpoints& endpoints() const { return endpoints_; }

    // Called once, later. The work is the one that was sent.
    using Done = std::function<void(const std::shared_ptr<ReplicaWork>&, const RemoteSession&)>;
    // The destination has an endpoint, and the work's bytes are pinned until `done`.
    void send(std::shared_ptr<ReplicaWork> work, RemoteSession::Knowledge known, Done done);

private:
    struct Sending {
        std::shared_ptr<ReplicaWork> work;
        RemoteSession session;
        const Endpoint* endpoint = nullptr;
        Done done;
        std::uint64_t read_bytes = 0;  // Of the range of the request.
    };
    using SendingPtr = std::shared_ptr<Sending>;

    void step(const SendingPtr& sending);
    Result<http::Request> sign(const Endpoint& endpoint, const std::string& bucket,
                               const RemoteRequest& request);
    void read(const SendingPtr& sending, http::PieceDone done);

    Parts parts_;
    Endpoints endpoints_;
    std::map<std::string, auth::Signer> signers_;  // By the endpoint's buckets.
    std::unique_ptr<http::Client> client_;
};

}  // namespace onput::storage
