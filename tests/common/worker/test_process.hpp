// A worker's process as a test has it: the test's own loop, and a failure that fails the test.
#pragma once

#include <cstdlib>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "common/runtime/service.hpp"

namespace onput::worker {

class TestProcess : public runtime::Process {
public:
    explicit TestProcess(transport::Loop& loop, std::string name = "worker")
        : loop_(loop), name_(std::move(name)) {}
    transport::Loop& loop() override { return loop_; }
    Random& random() override { return random_; }
    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] Timestamp started_at() const override { return {}; }
    [[noreturn]] void fail(const Error& error) override {
        ADD_FAILURE() << error.message;
        std::abort();
    }

private:
    transport::Loop& loop_;
    Random random_{1};
    std::string name_;
};

}  // namespace onput::worker
