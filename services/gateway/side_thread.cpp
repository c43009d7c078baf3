#include "services/gateway/side_thread.hpp"

#include <utility>

namespace onput::gateway {

SideDigest::SideDigest(DigestAlgorithm algorithm)
    : running_(std::make_shared<Running>(Digest(algorithm))) {}

SideDigest::~SideDigest() {
    if (running_) wait();
}

void SideDigest::wait() {
    running_->is_under_way.wait(true);
}

void SideDigest::update(std::string_view bytes) {
    wait();
    running_->digest.update(bytes);
}

void SideDigest::update(std::string_view bytes, SideThread& side) {
    wait();
    if (!side.try_begin(running_, bytes)) running_->digest.update(bytes);
}

std::string SideDigest::finish() {
    wait();
    return running_->digest.finish();
}

SideThread::SideThread() : thread_([this] { run(); }) {}

SideThread::~SideThread() {
    state_ = State::stopping;
    state_.notify_all();
}

bool SideThread::try_begin(const std::shared_ptr<SideDigest::Running>& digest,
                           std::string_view bytes) {
    State expected = State::free;
    if (!state_.compare_exchange_strong(expected, State::taken)) return false;
    bytes_.assign(bytes);
    digest_ = digest;
    digest_->is_under_way = true;
    state_ = State::begun;
    state_.notify_all();
    return true;
}

void SideThread::run() {
    while (true) {
        const State state = state_;
        if (state == State::stopping) return;
        if (state != State::begun) {
            state_.wait(state);
            continue;
        }
        const auto digest = std::move(digest_);
        digest->digest.update(bytes_);
        // Free before its owner goes on, who then finds it so.
        state_ = State::free;
        digest->is_under_way = false;
        digest->is_under_way.notify_all();
    }
}

}  // namespace onput::gateway
