// RemoteHttp: the HTTP client of one life of storage, whose connections lead to a RemoteBucket.
//
// A request takes its time; it is lost, or its answer is; or it is taken, and answered too late.
// With `late_permille`, writes of whole objects arrive long after their sender gave up.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "common/http/client.hpp"
#include "tests/sim/node.hpp"
#include "tests/sim/remote_bucket.hpp"

namespace onput::sim {

struct RemoteFaults {
    std::uint64_t lost_permille = 0;    // Requests.
    std::uint64_t silent_permille = 0;  // Answers.
    std::uint64_t slow_permille = 0;    // Answers, up to 40 s: some behind the time-out.
    std::uint64_t late_permille = 0;
};

class RemoteHttp final : public http::Client {
public:
    struct Parts {
        Node& from;
        transport::EventLoop& loop;
        RemoteBucket& bucket;
        const RemoteFaults& faults;
    };
    explicit RemoteHttp(const Parts& parts) : parts_(parts) {}

    void send(http::Request request, Done done) override;

private:
    struct Sending {
        http::Request request;
        Done done;
    };
    using SendingPtr = std::shared_ptr<Sending>;

    void gather(const SendingPtr& sending);
    void travel(const SendingPtr& sending);
    static bool may_be_late(const http::Request& request);
    // Unless its sender's life is over.
    std::function<void(Duration, Result<http::Answer>)> end_of(const SendingPtr& sending);

    Parts parts_;
};

}  // namespace onput::sim
