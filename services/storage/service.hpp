// StorageService: the storage service on its host (common/service/host.hpp): the table of its
// methods, and what commits do not cover: bytes on their way (transfers/), the disk's room, and
// asking destinations before a notification configuration is taken.
//
//     requests -> host -> core -> commit, sync, replies
//                  |        '-> outbox -> notifier
//                  '-> Uploads, Downloads -> BlobStore
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/storage/config.hpp"
#include "services/storage/host.hpp"
#include "services/storage/housekeeping/scrubber.hpp"
#include "services/storage/lifecycle/mover.hpp"
#include "services/storage/lifecycle/runner.hpp"
#include "services/storage/objects/blob_references.hpp"
#include "services/storage/replication/replicator.hpp"
#include "services/storage/transfers/downloads.hpp"
#include "services/storage/transfers/uploads.hpp"

namespace onput::storage {

inline constexpr Duration housekeeping_period = std::chrono::seconds(1);
inline constexpr Duration check_destinations_timeout = std::chrono::seconds(10);

class StorageService final : public StorageHost {
public:
    // Opens the data directory, restores, and answers requests from then on. Fails when the data
    // is in use or damaged, or an endpoint cannot be bound. `platform` outlives it. `make_http` is
    // for replicas at endpoints, where there are any; null: http::Client::start.
    static Result<std::unique_ptr<StorageService>> open(service::Platform& platform,
                                                        const Config& config,
                                                        http::MakeClient make_http = nullptr);
    ~StorageService() override;

private:
    StorageService(service::Platform& platform, const Config& config);
    Result<void> start(const http::MakeClient& make_http);
    Result<void> start_replicator(const http::MakeClient& make_http, Endpoints endpoints);

    [[nodiscard]] service::Methods methods() override;
    void hand_on(Effects effects) override;
    void on_turn_end() override;
    [[nodiscard]] bool is_idle() const override;
    [[nodiscard]] std::vector<store::BackupBlobs> backup_blobs() override;
    void add_metrics(std::vector<schema::Metric>& metrics) const override;

    void add_identity_methods(service::Methods& all);
    template <schema::Message M, typename R>
    service::Method identity_command(Result<R> (Identities::*run)(const M&, const Caller&,
                                                                  Effects&));
    template <schema::Message M, typename R>
    service::Method identity_query(Result<R> (Identities::*run)(const M&, const Caller&) const);

    void head_object(transport::Request& request, const Caller& caller);
    void delete_objects(transport::Request& request, const Caller& caller);
    void put_notification(transport::Request& request, const Caller& caller);
    void store_notification(const transport::ReplyTo& to, const std::string& bucket,
                            const StorageCore::CheckedNotification& checked,
                            const schema::DestinationsChecked& answer, const Caller& caller);
    Result<void> open_blobs();
    store::DirectoryOwner cold_owner();
    Result<void> recover_blobs(store::BlobStore& blobs, ReferenceReader::Directory directory);
    void keep_house();

    const Config config_;
    std::unique_ptr<store::BlobStore> blobs_;
    std::unique_ptr<store::BlobStore> cold_;
    store::BlobRecovery recovery_;
    std::unique_ptr<Uploads> uploads_;
    std::unique_ptr<Downloads> downloads_;
    std::unique_ptr<Mover> mover_;
    Background background_{*this};
    std::unique_ptr<LifecycleRunner> lifecycle_;
    std::unique_ptr<Scrubber> scrubber_;
    std::unique_ptr<RemoteSender> remote_;
    std::unique_ptr<Replicator> replicator_;
};

}  // namespace onput::storage
