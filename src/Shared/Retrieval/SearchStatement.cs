using System.Text;
using Npgsql;

namespace Freehold.Retrieval;

/// <summary>
/// A search's statement as it is put together: parts that have names and build on one another, and parameters in the order in which
/// they are named. Nothing that a caller wrote is part of the text. Searches of the same kind have the same text, which the server
/// prepares once.
/// </summary>
internal sealed class SearchStatement
{
    private readonly StringBuilder _text = new();
    private readonly List<NpgsqlParameter> _parameters = [];

    /// <summary>Takes a value.</summary>
    /// <returns>What stands for it in the text.</returns>
    public string Parameter<T>(T value)
    {
        _parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return $"${_parameters.Count}";
    }

    /// <summary>Adds a part that later ones may read from.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="query">What it is.</param>
    /// <param name="isKept">Whether it is run once and kept, where the planner might prefer to run it wherever it is read from.</param>
    public void Add(string name, string query, bool isKept = false) => _text
        .Append(_text.Length == 0 ? "with " : ",\n").Append(name).Append(isKept ? " as materialized (\n" : " as (\n").Append(query).Append(')');

    /// <summary>Ends the statement with what it answers.</summary>
    /// <returns>The command, for the caller to dispose.</returns>
    public NpgsqlCommand Finish(string answer)
    {
        NpgsqlCommand command = new(_text.Append('\n').Append(answer).ToString());
        command.Parameters.AddRange(_parameters.ToArray());
        return command;
    }
}
