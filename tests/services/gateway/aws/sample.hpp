// A service that does not exist, with one of everything that a table can say.
#pragma once

#include "services/gateway/aws/model.hpp"

namespace onput::gateway::aws {

inline const Model& sample_model() {
    static const Model model(R"(title Sample
protocol rest-xml
json 1.1
target Sample_2020
version 2020-01-01
namespace urn:sample
o Plant POST /garden/{Bed}/{Path+}?plant Plan PlantResult c:201 w:PlantResult n:Planting
o Weed DELETE /garden - -
t Plan
 Bed Name ! u:Bed
 Path $s u:Path
 Colour Colour ! n:colour
 Depth Depth q:depth
 Weight Weight
 Count $l
 Wet $b
 Seed $B
 When $T
 Labels Labels
 Flat FlatList
 Tags Tags
 FlatTags FlatTags
 Nested Nested
 Meta Tags H:x-meta-
 Token $s h:x-token
t Nested
 Name Name !
 Again Nested
s Name <:2 >:4
~[a-z]+
s Colour
=red	deep blue
i Depth <:1 >:9
d Weight >:0.5
L Labels Name <:1 >:2
L FlatList $s f e:Item
m Tags Name $s
m FlatTags $s $s f n:Tag k:Key v:Value
t PlantResult
 Zone $s
 Age $i
 Planted $T
 Labels Labels
 FlatTags FlatTags
x NoBedException 404 NoBed
x Frozen 503 Frozen
)");
    return model;
}

}  // namespace onput::gateway::aws
