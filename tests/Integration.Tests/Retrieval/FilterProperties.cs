using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Retrieval;
using Npgsql;

namespace Freehold.Integration.Tests.Retrieval;

/// <summary>Random filters over random metadata: PostgreSQL finds what a plain evaluation of the same filter finds.</summary>
public sealed class FilterProperties
{
    private static readonly Gen<string> Name = OneOf("a", "b.c", "and", "q\"x", "$1", "x' or true --", "\\", "é😀");

    private static readonly Gen<JsonNode?> Scalar = Gen.OneOf<JsonNode?>(
        Gen.Int[-2, 2].Select(number => (JsonNode?)JsonValue.Create(number)),
        OneOf(0.5, -1.5, 1e10).Select(number => (JsonNode?)JsonValue.Create(number)),
        OneOf("", "x", "xy", "1", "\"", "\") || (1 == 1", "\\u0041", "A", "ﬀ", "😀", "2026-01-31", "\n", "'", "$").Select(text => (JsonNode?)JsonValue.Create(text)),
        Gen.Bool.Select(value => (JsonNode?)JsonValue.Create(value)),
        Gen.Const((JsonNode?)null));

    private static readonly Gen<JsonNode?> Value = Gen.Frequency(
        (3, Scalar), (1, Scalar.Array[0, 3].Select(values => (JsonNode?)new JsonArray([.. values.Select(Copy)]))));

    private static readonly Gen<JsonObject> Metadata = Gen.Select(Name, Value).Array[0, 4].Select(Object);

    private static readonly Gen<JsonNode?> Condition = Gen.OneOf(
        Scalar,
        Scalar.Array[1, 3].Select(values => (JsonNode?)new JsonArray([.. values.Select(Copy)])),
        Gen.Select(OneOf("eq", "ne"), Scalar, One),
        Gen.Select(OneOf("gt", "gte", "lt", "lte"), Scalar.Where(value => value?.GetValueKind() is JsonValueKind.Number or JsonValueKind.String), One),
        Gen.Select(Gen.Const("prefix"), Scalar.Where(value => value?.GetValueKind() == JsonValueKind.String), One),
        Gen.Select(Gen.Const("exists"), Gen.Bool.Select(value => (JsonNode?)JsonValue.Create(value)), One));

    [ServerFact]
    public async Task Filter_finds_what_it_says()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(TestServers.Postgres!);
        await using NpgsqlConnection connection = await source.OpenConnectionAsync();
        await Gen.Select(Filter(3), Metadata.Array[1, 20]).SampleAsync(
            async (filter, documents) =>
            {
                SearchFilter parsed = SearchFilter.Parse(JsonElement.Parse(filter.ToJsonString()))!;
                bool[] expected = [.. documents.Select(document => Holds(filter, document))];
                Assert.Equal(expected, await FindAsync(connection, parsed, documents));
            },
            iter: 1_500,
            threads: 1);
    }

    private static Gen<JsonObject> Filter(int depth) => depth == 0
        ? Gen.Select(Name, Condition).Array[1, 2].Select(Object)
        : Gen.Frequency(
            (2, Filter(0)),
            (1, Gen.Select(OneOf("and", "or"), Filter(depth - 1).Array[1, 3], (name, parts) => new JsonObject { [name] = new JsonArray([.. parts.Select(Copy)]) })),
            (1, Filter(depth - 1).Select(part => new JsonObject { ["not"] = Copy(part) })));

    private static async Task<bool[]> FindAsync(NpgsqlConnection connection, SearchFilter filter, JsonObject[] documents)
    {
        await using NpgsqlCommand command = new(
            "select array_agg(coalesce(m::jsonb @@ $2::jsonpath, false) order by n) from unnest($1) with ordinality as d (m, n)", connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. documents.Select(document => document.ToJsonString())] });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = filter.Metadata! });
        return (bool[])(await command.ExecuteScalarAsync())!;
    }

    private static bool Holds(JsonObject filter, JsonObject document) => filter.All(member => (member.Key, member.Value) switch
    {
        ("and", JsonArray parts) when parts.Any(part => part is JsonObject) => parts.All(part => Holds((JsonObject)part!, document)),
        ("or", JsonArray parts) when parts.Any(part => part is JsonObject) => parts.Any(part => Holds((JsonObject)part!, document)),
        ("not", JsonObject part) => !Holds(part, document),
        (_, JsonObject conditions) => conditions.All(condition => Holds(condition.Key, member.Key, condition.Value, document)),
        (_, JsonArray values) => values.Any(value => Holds("eq", member.Key, value, document)),
        _ => Holds("eq", member.Key, member.Value, document),
    });

    private static bool Holds(string operation, string name, JsonNode? wanted, JsonObject document)
    {
        bool isThere = document.TryGetPropertyValue(name, out JsonNode? value);
        IEnumerable<JsonNode?> values = !isThere ? [] : value is JsonArray array ? array : (IEnumerable<JsonNode?>)[value];
        return operation switch
        {
            "exists" => wanted!.GetValue<bool>() == isThere,
            "eq" => values.Any(one => Equal(one, wanted)),
            "ne" => !values.Any(one => Equal(one, wanted)),
            "prefix" => values.Any(one => one?.GetValueKind() == JsonValueKind.String && one.GetValue<string>().StartsWith(wanted!.GetValue<string>(), StringComparison.Ordinal)),
            "gt" => values.Any(one => Order(one, wanted) > 0),
            "gte" => values.Any(one => Order(one, wanted) >= 0),
            "lt" => values.Any(one => Order(one, wanted) < 0),
            _ => values.Any(one => Order(one, wanted) <= 0),
        };
    }

    private static bool Equal(JsonNode? one, JsonNode? other) => one is null || other is null
        ? one is null && other is null
        : one.GetValueKind() == other.GetValueKind() && (Order(one, other) ?? 0) == 0;

    // Null where the two are of different types, or have no order.
    private static int? Order(JsonNode? one, JsonNode? other) => (one?.GetValueKind(), other?.GetValueKind()) switch
    {
        (JsonValueKind.Number, JsonValueKind.Number) => Number(one!).CompareTo(Number(other!)),
        (JsonValueKind.String, JsonValueKind.String) => Bytes(one!).AsSpan().SequenceCompareTo(Bytes(other!)),
        _ => null,
    };

    private static decimal Number(JsonNode node) => JsonElement.Parse(node.ToJsonString()).GetDecimal();

    private static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.GetValue<string>());

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static JsonNode? One(string operation, JsonNode? value) => new JsonObject { [operation] = Copy(value) };

    private static JsonObject Object((string Name, JsonNode? Value)[] members)
    {
        JsonObject json = [];
        foreach ((string name, JsonNode? value) in members)
        {
            json[name] = Copy(value);
        }

        return json;
    }

    private static JsonNode? Copy(JsonNode? node) => node?.DeepClone();
}
