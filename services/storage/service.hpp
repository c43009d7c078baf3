// StorageService: the shell of the storage service. It decodes requests, calls the core, commits
// and answers; it decides nothing. One per process, on the loop's thread.
//
//     RequestServer -> handle -> core -> Ledger (commit, sync, answers)
//                        |                  |
//                        |                  '-> Relay -> notifier
//                        '-> Uploads, Downloads -> BlobStore
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/outbox/relay.hpp"
#include "common/runtime/service.hpp"
#include "services/storage/config.hpp"
#include "services/storage/ledger.hpp"
#include "services/storage/transfers/downloads.hpp"
#include "services/storage/transfers/uploads.hpp"

namespace onput::storage {

inline constexpr Duration housekeeping_period = std::chrono::seconds(1);
inline constexpr Duration check_destinations_timeout = std::chrono::seconds(10);

class StorageService final : public runtime::Service {
public:
    // Opens the data directory, restores, and answers requests from then on. Fails when the data
    // is in use or damaged, or an endpoint cannot be bound.
    static Result<std::unique_ptr<runtime::Service>> open(runtime::Process& process,
                                                          const Config& config);

    ~StorageService() override;

    void drain(std::function<void()> done) override;
    [[nodiscard]] std::vector<std::string> waiting_for() const override;
    [[nodiscard]] std::vector<schema::Metric> metrics() const override;

private:
    using Handler = void (*)(StorageService&, transport::Request&, const Caller&);
    struct Method {
        std::string_view name;
        Handler handler;
    };

    StorageService(runtime::Process& process, const Config& config);
    Result<void> open_stores(const Config& config);
    Result<void> restore();
    Result<void> listen(const Config& config);

    void handle(transport::Request request);
    static Handler find_handler(std::string_view method);
    void put_notification(transport::Request& request, const Caller& caller);
    void store_notification(const transport::ReplyTo& to, const std::string& bucket,
                            const StorageCore::CheckedNotification& checked,
                            const schema::DestinationsChecked& answer, const Caller& caller);
    void look_at_disk();
    void keep_house();
    void end_turn();

    // A request that may change something.
    template <schema::Message M>
    void command(transport::Request& request, const Caller& caller,
                 Result<typename M::Reply> (StorageCore::*run)(const M&, const Caller&, Effects&));
    // A request that only reads.
    template <schema::Message M>
    void query(transport::Request& request, const Caller& caller,
               Result<typename M::Reply> (StorageCore::*run)(const M&, const Caller&) const);

    runtime::Process& process_;
    const Config config_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<store::BlobStore> blobs_;
    Pins pins_;
    std::unique_ptr<StorageCore> core_;
    std::unique_ptr<Ledger> ledger_;
    std::unique_ptr<Uploads> uploads_;
    std::unique_ptr<Downloads> downloads_;
    std::unique_ptr<outbox::Relay> relay_;
    std::function<void()> drained_;  // Draining, when set.
    std::unique_ptr<transport::RequestServer> server_;
    // Last: at its end it answers open calls, and those callbacks use all of the above.
    std::unique_ptr<transport::RequestClient> notifier_;
};

}  // namespace onput::storage
