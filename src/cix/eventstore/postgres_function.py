"""The server-side function that appends to a PostgreSQL log: one call, one transaction.

It takes the lock on the head row first; each statement after that has a snapshot of its own, so
it sees everything that was committed before the lock was given. A batch is a JSON array with one
object a call of ``append``: ``k`` recorded time given (microseconds), ``c`` conditions as
``[after, [[tag hashes, tags, types], ...], before]``, ``e`` events, ``b`` whether any of them has
boxes. The answer has three numbers an item: first and last position and recorded time, or 0, the
index of the condition that failed and the position that stands against it.
"""

from __future__ import annotations

from typing import Final

from cix.eventstore.schema import VERSION

NAME: Final = f"cix_append_{VERSION}"
_MATCH: Final = f"cix_match_{VERSION}"

MATCH: Final = f"""
CREATE OR REPLACE FUNCTION {_MATCH}(
    p_log integer, p_after bigint, p_hashes jsonb, p_tags jsonb, p_types jsonb
) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_any_type boolean := jsonb_array_length(p_types) = 0;
    v_driver bigint := (p_hashes ->> 0)::bigint;
    v_up_to integer := 64;
    v_count integer;
    v_least integer;
    v_hash bigint;
    v_found bigint;
BEGIN
    IF jsonb_array_length(p_hashes) = 0 THEN
        RETURN (
            SELECT e.position FROM event e
            WHERE e.log = p_log AND e.position > p_after
              AND (v_any_type OR jsonb_exists(p_types, e.type))
            ORDER BY e.position LIMIT 1
        );
    END IF;
    WHILE jsonb_array_length(p_hashes) > 1 LOOP
        v_least := NULL;
        FOR v_hash IN SELECT value::bigint FROM jsonb_array_elements_text(p_hashes) LOOP
            SELECT count(*) INTO v_count FROM (
                SELECT 1 FROM event_tag t
                WHERE t.log = p_log AND t.tag64 = v_hash AND t.position > p_after LIMIT v_up_to
            ) AS counted;
            IF v_least IS NULL OR v_count < v_least THEN
                v_least := v_count;
                v_driver := v_hash;
            END IF;
        END LOOP;
        EXIT WHEN v_least < v_up_to;
        v_up_to := v_up_to * 16;
    END LOOP;
    FOR v_found IN
        SELECT t.position FROM event_tag t
        WHERE t.log = p_log AND t.tag64 = v_driver AND t.position > p_after
          AND (v_any_type OR jsonb_exists(p_types, t.type))
        ORDER BY t.position
    LOOP
        IF (
            SELECT bool_and(strpos(e.tags, chr(31) || wanted.tag || chr(31)) > 0)
            FROM event e, jsonb_array_elements_text(p_tags) AS wanted(tag)
            WHERE e.log = p_log AND e.position = v_found
        ) THEN
            RETURN v_found;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$
"""

APPEND: Final = f"""
CREATE OR REPLACE FUNCTION {NAME}(p_log integer, p_items jsonb) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_position bigint;
    v_recorded bigint;
    v_given bigint;
    v_item jsonb;
    v_condition jsonb;
    v_query jsonb;
    v_index integer;
    v_found bigint;
    v_count integer;
    v_end bytea;
    v_answer bigint[] := '{{}}';
BEGIN
    SELECT h.position, h.recorded_at INTO STRICT v_position, v_recorded
    FROM head h WHERE h.log = p_log FOR UPDATE;
    <<items>>
    FOR v_item IN SELECT value FROM jsonb_array_elements(p_items) LOOP
        v_index := -1;
        v_given := (v_item ->> 'k')::bigint;
        FOR v_condition IN SELECT value FROM jsonb_array_elements(v_item -> 'c') LOOP
            v_index := v_index + 1;
            IF (v_condition ->> 2)::bigint <= greatest(v_given, v_recorded) THEN
                v_answer := v_answer || ARRAY[0, v_index, v_position];
                CONTINUE items;
            END IF;
            CONTINUE WHEN (v_condition ->> 0)::bigint >= v_position;
            FOR v_query IN SELECT value FROM jsonb_array_elements(v_condition -> 1) LOOP
                v_found := {_MATCH}(
                    p_log, (v_condition ->> 0)::bigint, v_query -> 0, v_query -> 1, v_query -> 2
                );
                IF v_found IS NOT NULL THEN
                    v_answer := v_answer || ARRAY[0, v_index, v_found];
                    CONTINUE items;
                END IF;
            END LOOP;
        END LOOP;
        v_count := jsonb_array_length(v_item -> 'e');
        v_end := '\\xc0';
        IF v_given < v_recorded THEN
            v_end := '\\xd3'::bytea || int8send(v_given);
        ELSE
            v_recorded := v_given;
        END IF;
        INSERT INTO event
        SELECT p_log, v_position + n, decode(e ->> 0, 'hex'), e ->> 1, (e ->> 2)::integer,
            (e ->> 3)::bigint, v_recorded, e ->> 4, decode(e ->> 5, 'hex'),
            decode(e ->> 6, 'hex') || CASE WHEN e ->> 7 IS NULL THEN v_end
                ELSE '\\xd3'::bytea || int8send((e ->> 7)::bigint) END
        FROM jsonb_array_elements(v_item -> 'e') WITH ORDINALITY AS x(e, n);
        INSERT INTO event_tag
        SELECT p_log, h.tag::bigint, v_position + n, e ->> 1
        FROM jsonb_array_elements(v_item -> 'e') WITH ORDINALITY AS x(e, n),
            jsonb_array_elements_text(e -> 8) AS h(tag);
        IF (v_item ->> 'b')::boolean THEN
            INSERT INTO box
            SELECT p_log, v_position + n, b ->> 0, b ->> 1, 0, '', decode(b ->> 2, 'hex')
            FROM jsonb_array_elements(v_item -> 'e') WITH ORDINALITY AS x(e, n),
                jsonb_array_elements(e -> 9) AS y(b);
        END IF;
        v_answer := v_answer || ARRAY[v_position + 1, v_position + v_count, v_recorded];
        v_position := v_position + v_count;
    END LOOP;
    UPDATE head SET position = v_position, recorded_at = v_recorded WHERE log = p_log;
    RETURN v_answer;
END
$$
"""

FUNCTIONS: Final = (MATCH, APPEND)
