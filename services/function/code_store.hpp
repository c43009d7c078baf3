// CodeStore: the code of functions and their layers, downloaded, checked against its digest and
// unpacked, once for each digest. What nobody uses goes when there is too much of it.
//
//     get ──> download ──> sha256 ──> unzip (on the pool) ──> folder <digest>
//     several layers ──> each of them so ──> merge (on the pool) ──> folder <digest of all>
//
// The folder of a process is its own, and is removed by the next process of this kind when this one
// was killed. On the loop's thread, but for the unpacking.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/runtime/service.hpp"
#include "common/runtime/worker_pool.hpp"
#include "common/schema/function.hpp"
#include "common/worker/file_descriptor.hpp"
#include "common/worker/object_client.hpp"
#include "services/function/definition.hpp"

namespace onput::function {

// A folder below `directory` that is this process's own, locked while it lives. Those of processes
// that are gone are removed.
class WorkFolder {
public:
    static Result<WorkFolder> make(const std::string& directory, Random& random);
    ~WorkFolder();
    WorkFolder(WorkFolder&&) = default;
    WorkFolder& operator=(WorkFolder&&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    WorkFolder(std::string path, worker::FileDescriptor lock)
        : path_(std::move(path)), lock_(std::move(lock)) {}

    std::string path_;
    worker::FileDescriptor lock_;
};

class CodeStore {
public:
    // `storage` and `folder` outlive it.
    CodeStore(runtime::Process& process, worker::ObjectClient& storage, const WorkFolder& folder);

    using Got = std::function<void(Result<std::shared_ptr<const Code>>)>;
    // `got` is called once, now or later. Errors: those of ObjectClient::download, as a job's;
    // invalid_argument: the zip is not the one that was deployed, or cannot be unpacked.
    void get(const schema::FunctionInfo& function, Got got);
    // The layers of a function as one folder; null when it has none. Errors: those of get.
    void get_layers(const schema::FunctionInfo& function, Got got);

private:
    // A zip, and whose it is.
    struct Source {
        schema::FunctionCode code;
        std::string account;
        std::string principal;
    };
    struct Entry {
        std::shared_ptr<const Code> code{};  // Null: on its way.
        std::vector<Got> waiting{};
        std::uint64_t used = 0;
    };
    struct Fetch;
    struct Merge;

    void get(Source source, Got got);
    void fetch(Source source, const std::string& name);
    void get_next_layer(std::shared_ptr<Merge> merge);
    void merge(std::shared_ptr<Merge> merge);
    void unpack(std::shared_ptr<Fetch> fetch);
    void finish(const std::string& name, Result<std::shared_ptr<const Code>> result);
    void make_room();

    runtime::Process& process_;
    worker::ObjectClient& storage_;
    std::string folder_;
    std::map<std::string, Entry> entries_;  // By digest, in hexadecimal.
    std::uint64_t uses_ = 0;
    runtime::WorkerPool pool_;
};

}  // namespace onput::function
