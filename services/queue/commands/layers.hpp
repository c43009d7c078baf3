// Layers: what functions share (common/schema/function_layer.hpp). Nothing of them is in memory: a
// function has its own copy of where its layers' zips are.
//
//     publish ──> 1, 2, 3, ...     a number is never given again, also when its version is deleted
#pragma once

#include <string>

#include "common/base/random.hpp"
#include "common/schema/function_layer.hpp"
#include "common/service/caller.hpp"
#include "common/store/store.hpp"
#include "services/queue/effects.hpp"

namespace onput::queue {

using service::Caller;

// Names of layers of an account, those whose versions are all deleted as well: no number of theirs
// comes again.
inline constexpr std::size_t layer_names_max = 10'000;

class Layers {
public:
    // All outlive it but the region's text.
    Layers(const store::View& view, Random& random, std::string region)
        : view_(view), random_(random), region_(std::move(region)) {}

    Result<schema::LayerVersion> publish(const schema::PublishLayerVersion& request,
                                         const Caller& caller, Effects& effects);
    Result<schema::LayerVersion> get(const schema::GetLayerVersion& request,
                                     const Caller& caller) const;
    Result<schema::LayerVersionList> list(const schema::ListLayerVersions& request,
                                          const Caller& caller) const;
    Result<schema::Empty> remove(const schema::DeleteLayerVersion& request, const Caller& caller,
                                 Effects& effects);
    Result<schema::FunctionPolicy> add_permission(const schema::AddLayerPermission& request,
                                                  const Caller& caller, Effects& effects);
    Result<schema::Empty> remove_permission(const schema::RemoveLayerPermission& request,
                                            const Caller& caller, Effects& effects);

private:
    struct Name {
        const std::string& account;
        const std::string& name;
        std::uint64_t version = 0;
    };
    [[nodiscard]] std::string arn_of(const Name& name) const;
    [[nodiscard]] Result<schema::LayerVersion> find(const Name& name) const;
    // What the layer's row of the highest number says; 0: there was never a version.
    [[nodiscard]] Result<std::uint64_t> last_number(const std::string& account,
                                                    const std::string& name) const;
    struct Counts {
        std::size_t versions = 0;
        std::size_t names = 0;  // That there are, or were.
    };
    [[nodiscard]] Result<Counts> count(const std::string& account) const;

    const store::View& view_;
    Random& random_;
    std::string region_;
};

}  // namespace onput::queue
