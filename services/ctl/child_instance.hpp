// ChildInstance: a throwaway Onput for one command: `onput dev` as a child process, in a directory
// that goes when the command ends.
#pragma once

#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "common/base/result.hpp"
#include "services/ctl/instance.hpp"

namespace onput::ctl {

class ChildInstance {
public:
    // Returns when it is ready. Its errors go to stderr. `environment` ("NAME=value") is added to
    // ours: the options of its services.
    static Result<std::unique_ptr<ChildInstance>> start(
        const std::vector<std::string>& environment);
    ~ChildInstance();  // Ends it and removes its directory.
    ChildInstance(const ChildInstance&) = delete;
    ChildInstance& operator=(const ChildInstance&) = delete;

    [[nodiscard]] const std::string& data() const { return data_; }

private:
    ChildInstance(std::string data, pid_t pid) : data_(std::move(data)), pid_(pid) {}

    std::string data_;
    pid_t pid_;
};

// The data directory to work with: the one that was named, or a throwaway instance's.
struct Workplace {
    std::string data;
    std::unique_ptr<ChildInstance> own;  // Null when a running instance is used.
};
// Whether --data or ONPUT_DATA names one.
bool names_instance(const std::string& data_flag);
// With --data (or ONPUT_DATA) that instance, which must be running; else a throwaway one with that
// environment.
Result<Workplace> find_workplace(const std::string& data_flag,
                                 const std::vector<std::string>& environment = {});

}  // namespace onput::ctl
