// LateAnswer: the answer of an operation that may take longer than a client waits in silence: a
// copy, the completion of an upload. Then its head goes out with 200 before the end is known, and
// blanks after it, as with S3; the document that follows is the result, or an <Error>, which SDKs
// look for. While it lives, the request's waiting for services keeps the client's connection alive.
//
//     work ── a few seconds ──> "200 OK", "<?xml ...?>", " ", " " ... ──> the document
//       └──> done before: an answer as any other, with the status that it has
#pragma once

#include <chrono>

#include "services/gateway/s3/operation.hpp"

namespace onput::gateway::s3 {

class LateAnswer final : public KeepAlive {
public:
    explicit LateAnswer(S3Request& request);
    ~LateAnswer() { request_.context.kept_alive_by = nullptr; }
    LateAnswer(const LateAnswer&) = delete;
    LateAnswer& operator=(const LateAnswer&) = delete;

    http::Task<Result<void>> keep_alive() override;

    // Once, at the end.
    Outcome finish(Result<Reply> reply);

private:
    using SteadyTime = std::chrono::steady_clock::time_point;

    S3Request& request_;
    SteadyTime spoke_at_;
    bool has_begun_ = false;
};

}  // namespace onput::gateway::s3
