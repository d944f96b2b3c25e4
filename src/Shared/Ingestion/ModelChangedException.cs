using Npgsql;

namespace Freehold.Ingestion;

/// <summary>
/// A version was embedded with a model that the tenant's database no longer holds vectors of, or takes none of just now. Nothing of it
/// was written; it has to be embedded anew.
/// </summary>
internal sealed class ModelChangedException(Exception innerException)
    : Exception("The tenant's embedding model is being changed, or has just been.", innerException)
{
    /// <summary>Does what includes <see cref="PassageSql.RequireModel"/>, the only division there is in it.</summary>
    public static async Task<T> GuardAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.DivisionByZero)
        {
            throw new ModelChangedException(exception);
        }
    }
}
